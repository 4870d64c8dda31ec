"""What a person is told about a film after its enrichment: its problems in plain words, the candidates it could be."""

from collections.abc import Sequence
from typing import Any

import msgspec

from metarr.db import Connection
from metarr.db.queries.problems import clear_problem, set_problem
from metarr.domain.matching import Match, Verdict
from metarr.errors import ProviderRefused
from metarr.messages.requests import MatchesFound, MatchShown, ScorePart
from metarr_enricher.asking import Replies, Reply
from metarr_enricher.identify import NO_KEY, Identity
from metarr_enricher.panel import WORDS, Panel

SHOWN_CANDIDATES = 10


async def tell_problems(conn: Connection, movie_id: int, identity: Identity, replies: Replies, panel: Panel) -> None:
    """Replace what was said before about identification and enrichment of this film."""
    if identity.is_known:
        await clear_problem(conn, "movie", movie_id, "identify")
    else:
        detail = {"candidates": _candidates(identity.verdict)}
        await set_problem(conn, "movie", movie_id, "identify", _sentence(identity.reason), detail)
    troubles = _troubles(identity, replies, panel)
    if troubles:
        reasons = {reply.source: str(reply.failure) for reply in replies if reply.failure is not None}
        await set_problem(conn, "movie", movie_id, "enrich", " ".join(troubles), {"providers": reasons})
    else:
        await clear_problem(conn, "movie", movie_id, "enrich")


def matches_found(verdict: Verdict) -> MatchesFound:
    """A verdict as it is shown."""
    shown = verdict.matches[:SHOWN_CANDIDATES]
    accepted = shown.index(verdict.accepted) if verdict.accepted in shown else None
    return MatchesFound(candidates=tuple(_shown(match) for match in shown), accepted=accepted, reason=verdict.reason)


def _troubles(identity: Identity, replies: Replies, panel: Panel) -> Sequence[str]:
    if identity.is_known and panel.is_empty:
        return [_sentence(NO_KEY)]
    open_question = (
        [_sentence(identity.reason)] if identity.is_known and identity.reason and not identity.verdict else []
    )
    return open_question + [sentence for reply in replies if (sentence := _trouble(reply, identity)) is not None]


def _trouble(reply: Reply, identity: Identity) -> str | None:
    name = WORDS[reply.source]
    if isinstance(reply.failure, ProviderRefused):
        return f"{name} refuses the key or the question: check its key among the providers."
    if reply.failure is not None:
        reason = str(reply.failure).removeprefix(f"{reply.source}: ")
        return f"{name}: {reason}; what was known before is kept."
    if not reply.is_answer and reply.source == "tmdb":
        return f"{name} knows no film with the id {identity.ids.tmdb_id}; what was known before is kept."
    return None


def _sentence(reason: str) -> str:
    return f"{reason[:1].upper()}{reason[1:]}."


def _candidates(verdict: Verdict | None) -> list[Any]:
    return [msgspec.to_builtins(shown) for shown in matches_found(verdict).candidates] if verdict else []


def _shown(match: Match) -> MatchShown:
    candidate = match.candidate
    return MatchShown(
        provider=candidate.provider,
        title=candidate.title,
        original_title=candidate.original_title,
        year=candidate.year,
        tmdb_id=candidate.tmdb_id,
        imdb_id=candidate.imdb_id,
        overview=candidate.overview,
        poster_url=candidate.poster_url,
        score=match.score,
        parts=tuple(ScorePart(name=part.name, points=part.points, why=part.why) for part in match.parts),
    )
