"""Asks all providers about one film side by side; one that fails never takes the others down."""

import asyncio
from collections.abc import Awaitable

from msgspec import Struct

from metarr.domain.movie import MovieMetadata
from metarr.errors import AddressRefused, MetarrError, ProviderError
from metarr_enricher.panel import Panel
from metarr_enricher.protocol import Artwork, MovieAnswer, MovieIds
from metarr_enricher.providers import fanart_tv, omdb, tmdb


class Reply(Struct, frozen=True, kw_only=True):
    """What one provider said: an answer, that it knows no such film (None), or why it could not be asked."""

    source: str
    metadata: MovieMetadata | None = None
    artwork: tuple[Artwork, ...] | None = None
    failure: MetarrError | None = None

    @property
    def is_answer(self) -> bool:
        return self.metadata is not None or self.artwork is not None


type Replies = tuple[Reply, ...]


async def ask_all(ids: MovieIds, panel: Panel) -> Replies:
    """One call to each provider that can be asked with these ids."""
    async with asyncio.TaskGroup() as group:
        artwork = group.create_task(_artwork(ids, panel))
        movie = await _movie(ids, panel)
        # IMDb's id, by which alone OMDb knows films, is often first heard from TMDB.
        said = movie[0].metadata.imdb_id if movie and movie[0].metadata else None
        ratings = await _ratings(said or ids.imdb_id, panel)
    return (*movie, *artwork.result(), *ratings)


async def _movie(ids: MovieIds, panel: Panel) -> Replies:
    if panel.movies is None or ids.tmdb_id is None:
        return ()
    said = await _listen(panel.movies.give_movie(ids.tmdb_id))
    if isinstance(said, MovieAnswer):
        return (Reply(source=tmdb.NAME, metadata=said.metadata, artwork=said.artwork),)
    return (Reply(source=tmdb.NAME, failure=said),)


async def _artwork(ids: MovieIds, panel: Panel) -> Replies:
    if panel.artwork is None or (ids.tmdb_id is None and ids.imdb_id is None):
        return ()
    said = await _listen(panel.artwork.give_artwork(ids))
    if isinstance(said, tuple):
        return (Reply(source=fanart_tv.NAME, artwork=said),)
    return (Reply(source=fanart_tv.NAME, failure=said),)


async def _ratings(imdb_id: str | None, panel: Panel) -> Replies:
    if panel.ratings is None or imdb_id is None:
        return ()
    said = await _listen(panel.ratings.give_ratings(imdb_id))
    if isinstance(said, MovieMetadata):
        return (Reply(source=omdb.NAME, metadata=said),)
    return (Reply(source=omdb.NAME, failure=said),)


async def _listen[T](answer: Awaitable[T]) -> T | MetarrError:
    """An answer, or the failure as a value: a fault of one provider is not a fault of the job."""
    try:
        return await answer
    except (ProviderError, AddressRefused) as failure:
        return failure
