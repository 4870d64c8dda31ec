"""The NFO of a film from its publication, with what the file that lies there says beyond our own fields."""

from collections.abc import Sequence

from metarr.domain.publication import Publication
from metarr.errors import NfoUnreadable
from metarr.formats.nfo import MovieNfo, read_nfo, write_movie_nfo


def make_nfo(publication: Publication, previous: Sequence[bytes]) -> bytes:
    """The first of `previous` that is an NFO of a film is carried on; one that cannot be read is as good as none."""
    streams = publication.streams
    movie = MovieNfo(
        metadata=publication.metadata,
        streams=streams if streams.video or streams.audio else None,
        has_local_trailer=publication.has_local_trailer,
    )
    return write_movie_nfo(movie, previous=next(filter(_readable, previous), None))


def _readable(data: bytes) -> bool:
    try:
        return read_nfo(data).root == "movie"
    except NfoUnreadable:
        return False
