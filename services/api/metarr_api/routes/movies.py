"""Films: lists, the whole of one, edits, trash, history."""

from typing import Annotated, Literal

import msgspec
from litestar import Controller, delete, get, patch, post
from msgspec import Meta

from metarr.db import Connection
from metarr.db.queries import movie_edits
from metarr.db.queries.history import record_changes
from metarr.db.queries.lists import MISSING, SORT_KEYS, MovieFilter, MovieListed, list_movies
from metarr.db.queries.movie_detail import MovieWhole, load_whole_movie
from metarr.db.queries.movie_edits import HistoryEntry, UnknownFile
from metarr.db.queries.movies import load_movie, store_metadata
from metarr.domain.completeness import Completeness, completeness
from metarr.domain.locks import locks_after_edit
from metarr.domain.merge import with_sort_title
from metarr.errors import Conflict, Invalid
from metarr.messages.facts import ItemDeleted, ItemEdited, ItemPinned, ItemRestored
from metarr.messages.jobs import HIGH
from metarr.runtime import Recorded, record
from metarr_api.edits import MovieEdit, changes_of, said_locks
from metarr_api.inputs import Asked, read_body, read_query
from metarr_api.paging import Page, PageQuery, page_by_id, place_by_id, seal, unseal
from metarr_api.parameters import Given, PathId
from metarr_api.routes.doing import found, history, in_transaction, trace_of
from metarr_api.tools import Tools
from metarr_api.words import Id, Line

MOVIE: Literal["movie"] = "movie"

Missing = Annotated[
    str, Meta(max_length=500, description="Names of fields or artwork, with commas: films that lack any of them.")
]


class MovieQuery(PageQuery, frozen=True, kw_only=True):
    """Which films, and in which order."""

    library_id: Id | None = None
    q: Line | None = None
    identification_status: Literal["unidentified", "identified", "enriched"] | None = None
    deleted: Annotated[bool, Meta(description="The trash instead of the library.")] = False
    missing: Missing | None = None
    sort: Literal["title", "-title", "year", "-year", "created_at", "-created_at"] = "title"


class MovieShown(MovieWhole, frozen=True, kw_only=True):
    """A film with everything known of it."""

    completeness: Completeness


class MovieRoutes(Controller):
    """Films: lists, the whole of one, edits, trash, history."""

    @get("/movies", opt={"query": MovieQuery})
    async def get_movies(self, request: Asked, tools: Given) -> Page[MovieListed]:
        """Films by filter; those in the trash only with `deleted=true`."""
        query = read_query(request, MovieQuery)
        wanted = _filter(query)
        _, key_type = SORT_KEYS[wanted.sort]
        place = unseal(tools.key, f"movies {query.sort}", query.cursor, tuple[key_type, int])  # type: ignore[valid-type]
        async with tools.db.read() as conn:
            items, last, total = await list_movies(
                conn, wanted, asset_prefix=tools.asset_prefix, after=place, limit=query.limit
            )
        cursor = None if last is None else seal(tools.key, f"movies {query.sort}", last)
        return Page(items=items, next_cursor=cursor, total=total)

    @get("/movies/{movie_id:int}")
    async def get_movie(self, movie_id: PathId, tools: Given) -> MovieShown:
        """The whole of a film: columns, locks, people, streams, artwork, problems, and where each value came from."""
        async with tools.db.read() as conn:
            return await shown(conn, tools, movie_id)

    @patch("/movies/{movie_id:int}", opt={"body": MovieEdit})
    async def edit_movie(self, movie_id: PathId, request: Asked, tools: Given) -> MovieShown:
        """Set fields and locks. Every field that changes is locked in the same transaction; the film is published again."""
        edit = await read_body(request, MovieEdit)

        async def change(conn: Connection) -> tuple[Recorded, MovieShown]:
            recorded = await _edit(conn, movie_id, edit, trace_of(request))
            return recorded, await shown(conn, tools, movie_id)

        recorded, movie = await in_transaction(tools, change)
        await tools.tell(recorded)
        return movie

    @delete("/movies/{movie_id:int}")
    async def delete_movie(self, movie_id: PathId, request: Asked, tools: Given) -> None:
        """Into the trash, where it stays 30 days. 409 when it is there already."""

        async def change(conn: Connection) -> Recorded:
            found(await movie_edits.is_deleted(conn, movie_id), MOVIE, movie_id)
            if not await movie_edits.delete_movie(conn, movie_id, tools.clock.now()):
                raise Conflict(f"movie {movie_id} is in the trash already")
            fact = ItemDeleted(entity_type=MOVIE, entity_id=movie_id)
            return await record(conn, [fact], priority=HIGH, trace_id=trace_of(request))

        await tools.tell(await in_transaction(tools, change))

    @post("/movies/{movie_id:int}/restore", status_code=200)
    async def restore_movie(self, movie_id: PathId, request: Asked, tools: Given) -> MovieShown:
        """Out of the trash, and published again. 409 when it is not there."""

        async def change(conn: Connection) -> tuple[Recorded, MovieShown]:
            found(await movie_edits.is_deleted(conn, movie_id), MOVIE, movie_id)
            if not await movie_edits.restore_movie(conn, movie_id):
                raise Conflict(f"movie {movie_id} is not in the trash")
            fact = ItemRestored(entity_type=MOVIE, entity_id=movie_id)
            recorded = await record(conn, [fact], priority=HIGH, trace_id=trace_of(request))
            return recorded, await shown(conn, tools, movie_id)

        recorded, movie = await in_transaction(tools, change)
        await tools.tell(recorded)
        return movie

    @get("/movies/{movie_id:int}/history", opt={"query": PageQuery})
    async def get_history(self, movie_id: PathId, request: Asked, tools: Given) -> Page[HistoryEntry]:
        """Who or what changed which field when, the newest first."""
        async with tools.db.read() as conn:
            found(await movie_edits.is_deleted(conn, movie_id), MOVIE, movie_id)
            return await history(conn, tools, request, MOVIE, movie_id)

    @get("/movies/{movie_id:int}/unknown-files", opt={"query": PageQuery})
    async def get_unknown_files(self, movie_id: PathId, request: Asked, tools: Given) -> Page[UnknownFile]:
        """Files beside the film that fit no kind."""
        query = read_query(request, PageQuery)
        after = place_by_id(tools.key, "unknown-files", query.cursor)
        async with tools.db.read() as conn:
            found(await movie_edits.is_deleted(conn, movie_id), MOVIE, movie_id)
            rows, total = await movie_edits.unknown_files(conn, movie_id, after=after or 0, limit=query.limit + 1)
        return page_by_id(tools.key, "unknown-files", rows, limit=query.limit, total=total)


async def shown(conn: Connection, tools: Tools, movie_id: int) -> MovieShown:
    """The row as clients see it. Raises NotFound."""
    whole = found(await load_whole_movie(conn, movie_id, asset_prefix=tools.asset_prefix), MOVIE, movie_id)
    complete = completeness(whole.metadata, whole.filled_slots, frozenset(whole.locks))
    return MovieShown(**msgspec.structs.asdict(whole), completeness=complete)


async def _edit(conn: Connection, movie_id: int, edit: MovieEdit, trace_id: str) -> Recorded:
    """Values, locks, history and what follows, while the row is held: an enrichment in flight waits and sees the locks."""
    movie = found(await load_movie(conn, movie_id, for_update=True), MOVIE, movie_id)
    changes = changes_of(edit, movie)
    locks = locks_after_edit(movie.locks, [change.field for change in changes], said_locks(edit))
    if not changes and locks == movie.locks:
        return Recorded()
    following = with_sort_title(movie.metadata, locks, tuple(changes))
    await store_metadata(conn, movie_id, following)
    await record_changes(conn, MOVIE, movie_id, following)
    await movie_edits.set_locks(conn, MOVIE, movie_id, locks)
    touched = dict.fromkeys([*(change.field for change in changes), *sorted(locks ^ movie.locks)])
    facts: list[ItemEdited | ItemPinned] = [
        ItemEdited(entity_type=MOVIE, entity_id=movie_id, fields=tuple(touched), refill=bool(movie.locks - locks))
    ]
    pinned = {change.field: change.new for change in changes if change.field in ("tmdb_id", "imdb_id") and change.new}
    if pinned:
        facts.append(ItemPinned(entity_type=MOVIE, entity_id=movie_id, **pinned))
    return await record(conn, facts, priority=HIGH, trace_id=trace_id)


def _filter(query: MovieQuery) -> MovieFilter:
    missing = tuple(name for name in (query.missing or "").split(",") if name)
    unknown = [name for name in missing if name not in MISSING]
    if unknown:
        raise Invalid(
            "some parameters cannot be accepted",
            {"missing": f"{', '.join(unknown)}: can be any of {', '.join(MISSING)}"},
        )
    return MovieFilter(
        library_id=query.library_id,
        q=query.q.strip() if query.q else None,
        identification_status=query.identification_status,
        deleted=query.deleted,
        missing=missing,
        sort=query.sort.removeprefix("-"),  # type: ignore[arg-type]
        descending=query.sort.startswith("-"),
    )
