"""Reads the NFO files beside a film and settles what they, the folder's name and the file's name together say it is."""

import hashlib
import os
from collections.abc import Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from metarr.domain.identity import IdSource, SettledIds, settle_ids
from metarr.domain.movie import MovieMetadata
from metarr.errors import NfoUnreadable
from metarr.formats.nfo import NfoReading, read_nfo
from metarr_scanner.paths import in_words

_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC
_MOST_BYTES = 4 * 1024 * 1024 + 1
"""One more than the format reads, so that it is the one to refuse a file."""
_PIECE = 64 * 1024
"""Larger than nearly every NFO: making room for the largest one would cost more than reading a usual one."""

PINNED, FOLDER, FILE, NFO = -1, 0, 1, 2
"""How much each source of ids is trusted; the lower the more."""
PINNED_BY_PERSON, FOLDER_NAME, FILE_NAME = "what a person chose", "the folder's name", "the file's name"


class NfoSeen(Struct, frozen=True, kw_only=True):
    """One NFO file: SHA-256 of its bytes, and what it says or why it says nothing."""

    path: str
    content_hash: str | None = None
    reading: NfoReading | None = None
    problem: str | None = None

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]


class Said(Struct, frozen=True, kw_only=True):
    """What all sources together say: the ids that count, the NFO files' metadata (None when none counts), what is wrong."""

    ids: Mapping[str, str]
    metadata: MovieMetadata | None = None
    disputed: bool = False
    problems: tuple[str, ...] = ()

    @property
    def tmdb_id(self) -> int | None:
        number = int(self.ids.get("tmdb", 0))
        return number if 0 < number < 1 << 31 else None

    @property
    def imdb_id(self) -> str | None:
        return self.ids.get("imdb")


def read_nfo_file(path: str) -> NfoSeen:
    """Read one NFO; blocking. Never raises for what is wrong with the file."""
    try:
        data = _read(path)
    except OSError as failed:
        return NfoSeen(path=path, problem=in_words(failed))
    content_hash = hashlib.sha256(data).hexdigest()
    try:
        return NfoSeen(path=path, content_hash=content_hash, reading=read_nfo(data))
    except NfoUnreadable as unreadable:
        return NfoSeen(path=path, content_hash=content_hash, problem=str(unreadable))


def _read(path: str) -> bytes:
    descriptor = os.open(path, _FLAGS)
    try:
        data = b""
        while len(data) < _MOST_BYTES and (piece := os.read(descriptor, _PIECE)):
            data += piece
        return data
    finally:
        os.close(descriptor)


def settle(
    nfos: Sequence[NfoSeen], *, folder: Mapping[str, str], file: Mapping[str, str], pinned: Mapping[str, str]
) -> Said:
    """Put the sources together; `nfos` in order of precedence, the others as ids by provider."""
    films = [nfo for nfo in nfos if nfo.reading is not None and nfo.reading.root in (None, "movie")]
    sources = [
        IdSource(name=PINNED_BY_PERSON, rank=PINNED, ids=pinned),
        IdSource(name=FOLDER_NAME, rank=FOLDER, ids=_of_films(folder)),
        IdSource(name=FILE_NAME, rank=FILE, ids=_of_films(file)),
        *(IdSource(name=nfo.path, rank=NFO, ids=_of_films(nfo.reading.ids)) for nfo in films if nfo.reading),
    ]
    settled = settle_ids(sources)
    counting = [nfo.reading for nfo in films if nfo.reading and nfo.path not in settled.ignored]
    return Said(
        ids=settled.ids,
        metadata=_together([reading.metadata for reading in counting]),
        disputed=bool(settled.disputed),
        problems=tuple(_problems(nfos, settled)),
    )


def _of_films(ids: Mapping[str, str]) -> dict[str, str]:
    """The ids by which a film is known; those of other providers decide nothing."""
    return {provider: ids[provider] for provider in ("tmdb", "imdb") if provider in ids}


def _together(readings: Sequence[MovieMetadata]) -> MovieMetadata | None:
    """The first is the base, later ones fill its gaps; None when all are silent."""
    if not readings:
        return None
    base = readings[0]
    for reading in readings[1:]:
        gaps = [field for field in base.__struct_fields__ if getattr(base, field) is None]
        base = replace(base, **{field: getattr(reading, field) for field in gaps})
    return base if base != MovieMetadata() else None


def _problems(nfos: Sequence[NfoSeen], settled: SettledIds) -> list[str]:
    said = [f"{nfo.name}: {nfo.problem}." for nfo in nfos if nfo.problem]
    strange = [nfo for nfo in nfos if nfo.reading is not None and nfo.reading.root not in (None, "movie")]
    said += [
        f"{nfo.name} describes no film ({nfo.reading.root}) and was passed over." for nfo in strange if nfo.reading
    ]
    names = [os.path.basename(path) for path in settled.ignored]
    if settled.disputed:
        said.append(
            f"{' and '.join(names)} name different films ({', '.join(settled.disputed)}); choose the right one."
        )
    elif names:
        said.append(f"{' and '.join(names)}: passed over, for it is about another film than the names or a person say.")
    return said
