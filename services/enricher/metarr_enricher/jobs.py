"""The enricher's job: a film is identified, asked about, merged and stored. And its question: which films could this be?"""

from msgspec import Struct

from metarr.db import Connection, Database
from metarr.db.queries.answers import load_answers
from metarr.db.queries.movies import MovieRow, load_movie
from metarr.db.queries.pauses import reasons_of
from metarr.db.queries.providers import ProviderConfig, load_providers
from metarr.db.queries.settings import load_settings
from metarr.domain.movie import MovieMetadata
from metarr.domain.settings import Settings
from metarr.errors import Conflict, Discard, ProviderError
from metarr.messages.facts import ItemEnriched, ItemUnmatched, RefreshBegun
from metarr.messages.jobs import HIGH, EnrichItem, RefreshItems
from metarr.messages.requests import FindMatches, MatchesFound
from metarr.runtime.work import Work
from metarr_enricher.asking import Reply, ask_all
from metarr_enricher.identify import NO_KEY, NO_SEARCH, Identity, find_match, identify, known_ids, wanted
from metarr_enricher.panel import Panel, Providers
from metarr_enricher.patience import come_back_later
from metarr_enricher.protocol import MovieIds
from metarr_enricher.providers import tmdb
from metarr_enricher.providers.line import Errand
from metarr_enricher.refreshing import begin_refresh
from metarr_enricher.storing import Findings, failures, store
from metarr_enricher.telling import matches_found, tell_problems

_SCOPE = "provider:"
_SEARCHED = f"{_SCOPE}{tmdb.NAME}"
"""Whose pause stops a search: nobody else finds films by their names."""


class Known(Struct, frozen=True, kw_only=True):
    """What a job starts from; `described` is what TMDB told about this row before."""

    film: MovieRow
    settings: Settings
    providers: dict[str, ProviderConfig]
    described: MovieMetadata | None = None

    @property
    def ids(self) -> MovieIds:
        return known_ids(self.film, self.described)


class Handlers:
    """What the enricher does, with the providers it can ask."""

    def __init__(self, providers: Providers, db: Database) -> None:
        self._providers = providers
        self._db = db

    async def enrich_item(self, job: EnrichItem, work: Work) -> ItemEnriched | ItemUnmatched:
        """Identify a film where that is open, ask the providers side by side, merge by lock and priority.

        Raises Hold when a provider that would be asked is paused.
        """
        if job.entity_type != "movie":
            raise Discard(f"nobody knows how to enrich a {job.entity_type} yet")
        async with work.read() as conn:
            known = await _load(conn, job.entity_id)
        errand = Errand(fresh=job.fresh, priority=work.job.priority, waits=work.waiting_for)
        own = known.described.original_language if known.described else None
        panel = self._providers.panel(known.providers, known.settings, errand, own)
        _respect_pauses(panel, work)
        await work.progress(0, 2, "finding out which film it is")
        identity = await _identify(known, panel, work)
        await work.progress(1, 2, "asking the providers")
        found = Findings(film=known.film, identity=identity, replies=await ask_all(identity.ids, panel))
        await _wait_for_the_main_thing(found, known, work)
        async with work.write() as conn:
            changes = await store(conn, found, panel, known.settings, work)
            await tell_problems(conn, known.film.id, identity, found.replies, panel)
        return _fact(job, found, tuple(change.field for change in changes), panel)

    async def refresh_items(self, _job: RefreshItems, work: Work) -> RefreshBegun:
        """Pick the films whose metadata is the oldest."""
        return await begin_refresh(work)

    async def find_matches(self, asked: FindMatches) -> MatchesFound:
        """Films that an item could be, best first, each with its score explained. Raises Conflict while TMDB is paused."""
        if asked.entity_type != "movie":
            return MatchesFound(reason=f"nobody knows how to look for a {asked.entity_type} yet")
        async with self._db.read() as conn:
            known = await _load(conn, asked.entity_id)
            paused = await reasons_of(conn, [_SEARCHED])
        panel = self._providers.panel(known.providers, known.settings, Errand(priority=HIGH))
        if panel.searches is None:
            return MatchesFound(reason=NO_KEY if panel.is_empty else NO_SEARCH)
        if _SEARCHED in paused:
            raise Conflict(f"TMDB is paused: {paused[_SEARCHED]}; resume it, then films can be looked for")
        try:
            verdict = await find_match(wanted(known.film, asked.query, asked.year), panel, known.settings)
        except ProviderError as failure:
            return MatchesFound(reason=str(failure))
        return matches_found(verdict)


async def _load(conn: Connection, movie_id: int) -> Known:
    film = await load_movie(conn, movie_id)
    if film is None or film.deleted_at is not None:
        raise Discard("the film is not there any more")
    return Known(
        film=film,
        settings=await load_settings(conn, film.library_id),
        providers=await load_providers(conn),
        described=(await load_answers(conn, "movie", film.id)).get(tmdb.NAME),
    )


def _respect_pauses(panel: Panel, work: Work) -> None:
    """One that is paused holds the whole job: whoever pauses a provider expects that nothing is decided without it."""
    for name in panel.names:
        work.ensure_not_paused(f"{_SCOPE}{name}")


async def _identify(known: Known, panel: Panel, work: Work) -> Identity:
    """Who the film is. A provider that fails here is waited for; in the end the film waits for a person."""
    try:
        return await identify(known.film, known.ids, panel, known.settings)
    except ProviderError as failure:
        await come_back_later([failure], known.film.id, work)
        return Identity(ids=known.ids, reason=f"it could not be looked for: {failure}")


async def _wait_for_the_main_thing(found: Findings, known: Known, work: Work) -> None:
    """Come back later when nobody had an answer, or when the one that describes films failed and never did it before."""
    main = any(reply.source == tmdb.NAME and reply.failure is not None for reply in found.replies)
    if not any(reply.is_answer for reply in found.replies) or (main and known.described is None):
        failed = [reply.failure for reply in found.replies if reply.failure is not None]
        await come_back_later(failed, known.film.id, work)


def _fact(job: EnrichItem, found: Findings, changed: tuple[str, ...], panel: Panel) -> ItemEnriched | ItemUnmatched:
    identity = found.identity
    if panel.is_empty or not identity.is_known:
        candidates = len(identity.verdict.matches) if identity.verdict else 0
        return ItemUnmatched(
            entity_type=job.entity_type,
            entity_id=job.entity_id,
            reason=identity.reason or NO_KEY,
            candidates=candidates,
        )
    return ItemEnriched(
        entity_type=job.entity_type,
        entity_id=job.entity_id,
        sources=tuple(reply.source for reply in found.replies if reply.is_answer),
        changed=changed,
        failed=(*failures(found.replies), *_unknown(found.replies)),
    )


def _unknown(replies: tuple[Reply, ...]) -> list[tuple[str, str]]:
    return [
        (reply.source, "knows no such film")
        for reply in replies
        if not reply.is_answer and reply.failure is None and reply.source == tmdb.NAME
    ]
