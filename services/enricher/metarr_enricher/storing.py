"""Stores what was found out about a film in the job's one transaction: answers, merged fields, history, pictures on offer."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta

import msgspec
from msgspec import Struct

from metarr.db import Connection
from metarr.db.queries.answers import MatchFound, forget_answers, load_answers, store_answers
from metarr.db.queries.history import record_changes
from metarr.db.queries.movies import IdentificationStatus, MovieRow, load_movie, store_metadata, store_status
from metarr.domain.merge import LAST, FieldChange, SourcedAnswer, applied, merge, merge_anew
from metarr.domain.movie import MovieMetadata
from metarr.domain.settings import Settings
from metarr.errors import Discard, Retry
from metarr.runtime.work import Work
from metarr_enricher.asking import Replies
from metarr_enricher.identify import Identity
from metarr_enricher.offers import store_artwork
from metarr_enricher.panel import Panel
from metarr_enricher.protocol import MovieIds

NFO = "nfo"
MATCH = "match"
"""The source of an id that a search or a cross reference found."""


class Findings(Struct, frozen=True, kw_only=True):
    """What a job brings home: the film as it was read, who it is, what the providers said."""

    film: MovieRow
    identity: Identity
    replies: Replies

    @property
    def answered(self) -> bool:
        """Whether a provider told something about the film itself."""
        return any(reply.metadata is not None for reply in self.replies)


async def store(
    conn: Connection, found: Findings, panel: Panel, settings: Settings, work: Work
) -> tuple[FieldChange, ...]:
    """Bring the film up to what was found out, and say what changed.

    Locks and fields are read again and held: what a person did meanwhile counts. Raises Discard when the film is gone, Retry
    when somebody identified it otherwise meanwhile.
    """
    row = await _held(conn, found.film)
    stored = await load_answers(conn, "movie", row.id)
    other_film = _is_other_film(stored, found.identity)
    if other_film:
        await forget_answers(conn, "movie", row.id, [source for source in stored if source != NFO])
        stored = {source: said for source, said in stored.items() if source == NFO}
    new = {reply.source: reply.metadata for reply in found.replies if reply.metadata is not None}
    await store_answers(conn, "movie", row.id, {**new, **_explained(found.identity)})
    answers = sourced(stored | new, found.identity, panel, settings)
    changes = _credited((merge_anew if other_film else merge)(row.metadata, row.locks, answers), found.identity)
    await store_metadata(conn, row.id, changes)
    await record_changes(conn, "movie", row.id, changes, job_id=work.job.id)
    status = _status(row, found, applied(row.metadata, changes), other_film)
    await store_status(
        conn,
        row.id,
        status,
        enriched_at=work.clock.now() if found.answered else None,
        identified_by=found.identity.found_by,
    )
    await store_artwork(conn, row, found.replies, answers, other_film=other_film)
    return changes


def sourced(
    answers: Mapping[str, MovieMetadata], identity: Identity, panel: Panel, settings: Settings
) -> list[SourcedAnswer]:
    """The answers with their places: the person's NFO first or last, providers by their priority, a found id fills a gap.

    What speaks of another film is left out: an NFO does not outlive a person's word on which film this is.
    """
    nfo_place = -1 if settings.local_nfo_first else LAST + 1
    ids = identity.ids
    return [
        SourcedAnswer(
            source=source, metadata=said, priority=nfo_place if source == NFO else panel.priorities.get(source)
        )
        for source, said in answers.items()
        if _speaks_of(said, ids)
    ] + [SourcedAnswer(source=MATCH, metadata=MovieMetadata(tmdb_id=ids.tmdb_id, imdb_id=ids.imdb_id), priority=LAST)]


async def _held(conn: Connection, read: MovieRow) -> MovieRow:
    row = await load_movie(conn, read.id, for_update=True)
    if row is None or row.deleted_at is not None:
        raise Discard("the film is not there any more")
    if (row.metadata.tmdb_id, row.metadata.imdb_id) != (read.metadata.tmdb_id, read.metadata.imdb_id):
        raise Retry("the film was identified otherwise meanwhile; it is asked for again", after=timedelta())
    return row


def _is_other_film(stored: Mapping[str, MovieMetadata], identity: Identity) -> bool:
    """Whether the last answers are about another film than the one this is now."""
    before = stored.get("tmdb")
    if before is None or before.tmdb_id is None:
        return False
    now = identity.ids
    if now.tmdb_id is not None:
        return before.tmdb_id != now.tmdb_id
    return now.imdb_id is not None and before.imdb_id is not None and before.imdb_id != now.imdb_id


def _explained(identity: Identity) -> dict[str, MatchFound]:
    """Why a search took the film it took; that stays on record."""
    match = identity.verdict.accepted if identity.verdict else None
    if match is None:
        return {}
    return {
        MATCH: MatchFound(tmdb_id=match.candidate.tmdb_id, reason=identity.reason, score=match.score, parts=match.parts)
    }


def _credited(changes: Iterable[FieldChange], identity: Identity) -> tuple[FieldChange, ...]:
    """The changes; an id that a search found is the search's doing, whoever confirms it."""
    searched = identity.verdict is not None
    return tuple(
        msgspec.structs.replace(change, source=MATCH) if searched and change.field == "tmdb_id" else change
        for change in changes
    )


def _speaks_of(said: MovieMetadata, ids: MovieIds) -> bool:
    if said.tmdb_id is not None and ids.tmdb_id is not None:
        return said.tmdb_id == ids.tmdb_id
    return said.imdb_id is None or ids.imdb_id is None or said.imdb_id == ids.imdb_id


def _status(row: MovieRow, found: Findings, metadata: MovieMetadata, other_film: bool) -> IdentificationStatus:
    if found.answered or (row.identification_status == "enriched" and not other_film):
        return "enriched"
    return "identified" if metadata.tmdb_id is not None or metadata.imdb_id is not None else "unidentified"


def failures(replies: Replies) -> Sequence[tuple[str, str]]:
    """(provider, reason) of all that could not be asked."""
    return [(reply.source, str(reply.failure)) for reply in replies if reply.failure is not None]
