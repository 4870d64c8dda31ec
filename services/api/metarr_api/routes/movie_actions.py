"""What a person lets be done with a film: say which one it is, ask the providers, publish, verify."""

from litestar import Controller, get, post
from msgspec import Struct

from metarr.db import Connection
from metarr.db.queries import movie_edits
from metarr.db.queries.history import record_changes
from metarr.db.queries.movies import MovieRow, load_movie, store_metadata, store_status
from metarr.db.queries.problems import clear_problem
from metarr.domain.merge import FieldChange
from metarr.errors import Conflict, Invalid
from metarr.messages.facts import ItemPinned
from metarr.messages.jobs import HIGH, EnrichItem, Job, PublishItem, VerifyItem
from metarr.messages.requests import FindMatches, MatchesFound
from metarr.runtime import Recorded, record
from metarr_api.edits import USER
from metarr_api.inputs import Asked, read_body, read_query
from metarr_api.parameters import Given, PathId
from metarr_api.routes.doing import JobStarted, found, in_transaction, start, trace_of
from metarr_api.routes.movies import MOVIE
from metarr_api.tools import Tools
from metarr_api.words import ImdbId, Line, TmdbId, Year

_PATIENCE = 45.0
"""Seconds for a search: the provider may be slow, and its budget may be in use."""


class Identity(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which film it is; at least one id."""

    tmdb_id: TmdbId | None = None
    imdb_id: ImdbId | None = None


class MatchQuery(Struct, frozen=True, kw_only=True):
    """What to look for in place of what the row says."""

    q: Line | None = None
    year: Year | None = None


class MovieActionRoutes(Controller):
    """What a person lets be done with a film."""

    @post("/movies/{movie_id:int}/identify", status_code=202, opt={"body": Identity})
    async def identify_movie(self, movie_id: PathId, request: Asked, tools: Given) -> JobStarted:
        """Pin the film to an id, which is locked, and ask the providers about that film."""
        identity = await read_body(request, Identity)
        if identity.tmdb_id is None and identity.imdb_id is None:
            raise Invalid("say which film it is", {"tmdb_id": "or imdb_id is required"})

        async def change(conn: Connection) -> Recorded:
            movie = _active(found(await load_movie(conn, movie_id, for_update=True), MOVIE, movie_id))
            return await _pin(conn, movie, identity, trace_of(request))

        recorded = await in_transaction(tools, change)
        await tools.tell(recorded)
        return JobStarted(job_id=recorded.jobs[0].id)

    @get("/movies/{movie_id:int}/matches", opt={"query": MatchQuery})
    async def find_matches(self, movie_id: PathId, request: Asked, tools: Given) -> MatchesFound:
        """Films that this one could be, best first, each with its score explained. 503 when nobody is there to ask."""
        query = read_query(request, MatchQuery)
        await _check(tools, movie_id)
        question = FindMatches(
            entity_type=MOVIE, entity_id=movie_id, query=(query.q or "").strip() or None, year=query.year
        )
        return await tools.bus.ask(question, MatchesFound, timeout=_PATIENCE)

    @post("/movies/{movie_id:int}/enrich", status_code=202)
    async def enrich_movie(self, movie_id: PathId, request: Asked, tools: Given) -> JobStarted:
        """Ask the providers anew, past their kept answers; locked fields stay."""
        return await _start(tools, request, EnrichItem(entity_type=MOVIE, entity_id=movie_id, fresh=True))

    @post("/movies/{movie_id:int}/publish", status_code=202)
    async def publish_movie(self, movie_id: PathId, request: Asked, tools: Given) -> JobStarted:
        """Bring NFO and artwork beside the film up to date."""
        return await _start(tools, request, PublishItem(entity_type=MOVIE, entity_id=movie_id))

    @post("/movies/{movie_id:int}/verify", status_code=202)
    async def verify_movie(self, movie_id: PathId, request: Asked, tools: Given) -> JobStarted:
        """Look whether what was published is still there; what is not is published again."""
        return await _start(tools, request, VerifyItem(entity_type=MOVIE, entity_id=movie_id))


async def _start(tools: Tools, request: Asked, job: EnrichItem | PublishItem | VerifyItem) -> JobStarted:
    await _check(tools, job.entity_id)
    whole: Job = job
    return await start(tools, request, whole)


async def _check(tools: Tools, movie_id: int) -> None:
    """Raises NotFound, and Conflict for a film in the trash."""
    async with tools.db.read() as conn:
        deleted = found(await movie_edits.is_deleted(conn, movie_id), MOVIE, movie_id)
    if deleted:
        raise Conflict(f"movie {movie_id} is in the trash; restore it first")


def _active(movie: MovieRow) -> MovieRow:
    if movie.deleted_at is not None:
        raise Conflict(f"movie {movie.id} is in the trash; restore it first")
    return movie


async def _pin(conn: Connection, movie: MovieRow, identity: Identity, trace_id: str) -> Recorded:
    """Store and lock what was said. An id of the film that this one is not goes, with its lock: enriching brings the right one."""
    said = {name: value for name in ("tmdb_id", "imdb_id") if (value := getattr(identity, name)) is not None}
    before = {name: getattr(movie.metadata, name) for name in ("tmdb_id", "imdb_id")}
    is_other = any(before[name] is not None and before[name] != value for name, value in said.items())
    after = {name: said.get(name, None if is_other else old) for name, old in before.items()}
    changes = [
        FieldChange(field=name, old=before[name], new=new, source=USER)
        for name, new in after.items()
        if new != before[name]
    ]
    await store_metadata(conn, movie.id, changes)
    await record_changes(conn, MOVIE, movie.id, changes)
    gone = {change.field for change in changes if change.new is None}
    await movie_edits.set_locks(conn, MOVIE, movie.id, (movie.locks - gone) | said.keys())
    await store_status(conn, movie.id, "identified", identified_by="a person said so")
    await clear_problem(conn, MOVIE, movie.id, "identify")
    fact = ItemPinned(entity_type=MOVIE, entity_id=movie.id, tmdb_id=identity.tmdb_id, imdb_id=identity.imdb_id)
    return await record(conn, [fact], priority=HIGH, trace_id=trace_id)
