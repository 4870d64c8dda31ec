"""What is written down of a choice: every candidate's score and fate with the reason, and what a person should know."""

import os
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from metarr.db.queries.assets import CandidateRow, CandidateStatus
from metarr.db.queries.assets_picking import CHOSEN
from metarr.db.queries.assets_writing import Judgement, NewCandidate
from metarr.domain.scoring import Ranked, Score
from metarr.formats.file_uri import path_of
from metarr_cache.choosing import Choice
from metarr_cache.intake import Kept
from metarr_cache.options import Option
from metarr_cache.reasons import why_not

_BEST = "highest score"
_BESIDE = "lies beside the film"


def judgements(choice: Choice, asset_ids: Mapping[str, int]) -> Iterator[Judgement]:
    """A verdict for each candidate that is not what its row says already. `asset_ids` by content hash for what is new."""
    ranked = {one.candidate.id: one for one in choice.ranked}
    for option in choice.options:
        if option.row is not None:
            verdict = _judge(option.row, option, ranked.get(option.candidate.id), choice, asset_ids)
            if not _says_so_already(option.row, verdict):
                yield verdict


def newcomers(choice: Choice, asset_ids: Mapping[str, int]) -> Iterator[NewCandidate]:
    """A candidate row for each picture that is in the store and has none: portraits that lie beside the film."""
    ranked = {one.candidate.id: one for one in choice.ranked}
    slot = choice.subject.slot
    for option in choice.options:
        if option.row is None and option.local and option.kept is not None and option.candidate.id < 0:
            one = ranked[option.candidate.id]
            status, reason = _fate(option, one, choice)
            yield NewCandidate(
                entity_type=slot.entity_type,
                entity_id=slot.entity_id,
                asset_type=slot.asset_type,
                source_type="local",
                source_url=option.source_url,
                file_size=option.kept.file_size,
                mtime_ns=option.mtime_ns,
                width=option.kept.width,
                height=option.kept.height,
                score=one.score.points,
                score_parts=parts_of(one.score),
                cache_asset_id=asset_id_of(option.kept, asset_ids),
                perceptual_hash=option.kept.perceptual_hash,
                status=status,
                reason=reason,
            )


def asset_id_of(kept: Kept, asset_ids: Mapping[str, int]) -> int:
    """The row of a stored picture, an old one or one of those just made."""
    return asset_ids[kept.content_hash] if kept.asset_id is None else kept.asset_id


def parts_of(score: Score) -> list[dict[str, Any]]:
    """The terms as `asset_candidates.score_parts` holds them: name, points, of how many, why."""
    return [msgspec.to_builtins(term) for term in score.terms]


def complaints(choice: Choice, name: str) -> Iterator[str]:
    """What a person should know of a slot that is called `name`, one sentence each."""
    slot = choice.subject.slot
    if choice.lost:
        yield f"{name}: the picture is gone from the store and cannot be had again"
    broken = [one for one in choice.options if one.local and one.failure and not one.failure.rejected]
    for option in broken:
        yield f"{name}: {_file_name(option)} cannot be used: {_why_not(option)}"
    if choice.best is None and slot.current is None and not slot.locked and slot.entity_type != "actor":
        others = [one for one in choice.options if one.failure and not one.local]
        if others:
            yield f"{name}: {len(others)} found, none could be had; {_why_not(others[0])}"


def _judge(
    row: CandidateRow, option: Option, ranked: Ranked | None, choice: Choice, asset_ids: Mapping[str, int]
) -> Judgement:
    status, reason = _fate(option, ranked, choice)
    kept = option.kept
    return Judgement(
        candidate_id=row.id,
        status=status,
        reason=reason,
        score=ranked.score.points if ranked else row.score,
        score_parts=parts_of(ranked.score) if ranked else row.score_parts,
        cache_asset_id=asset_id_of(kept, asset_ids) if kept else _still_shown(row, choice),
        perceptual_hash=kept.perceptual_hash if kept else row.perceptual_hash,
        width=kept.width if kept and row.width is None else row.width,
        height=kept.height if kept and row.height is None else row.height,
        file_size=kept.file_size if kept and row.file_size is None else row.file_size,
        same_as=_same_as(ranked, choice),
    )


def _same_as(ranked: Ranked | None, choice: Choice) -> int | None:
    """The candidate that stands for this one, where it has a row of its own."""
    chosen = choice.best is not None and ranked is not None and ranked.candidate.id == choice.best.candidate.id
    if ranked is None or ranked.repeats is None or chosen:
        return None
    return next((one.row.id for one in choice.options if one.row and one.candidate.id == ranked.repeats), None)


def _says_so_already(row: CandidateRow, verdict: Judgement) -> bool:
    if row.stale and verdict.status == "failed":
        return False  # it was tried once more, in vain: the time until the next try begins anew
    names = (name for name in Judgement.__struct_fields__ if name != "candidate_id")
    return all(getattr(row, name) == getattr(verdict, name) for name in names)


def _still_shown(row: CandidateRow, choice: Choice) -> int | None:
    current = choice.subject.slot.current
    return current.id if current is not None and row.cache_asset_id == current.id else None


def _fate(option: Option, ranked: Ranked | None, choice: Choice) -> tuple[CandidateStatus, str | None]:
    failure = option.failure
    if choice.best is not None and option.candidate.id == choice.best.candidate.id:
        return "chosen", _why_chosen(option, ranked, choice)
    if failure is not None and failure.passing:
        return "candidate", failure.reason
    if failure is not None:
        return "rejected" if failure.rejected else "failed", failure.reason
    if ranked is None:
        return "candidate", None
    return "candidate" if ranked.usable else "rejected", why_not(ranked, choice)


def _why_chosen(option: Option, ranked: Ranked | None, choice: Choice) -> str:
    if choice.subject.slot.locked:
        told = option.row.reason if option.row and option.row.status == "chosen" else None
        return told or CHOSEN
    if choice.subject.slot.entity_type == "actor" and option.local:
        return _BESIDE
    limit = ranked.score.limit if ranked else None
    return _BEST if limit is None else f"{_BEST}, although {limit}"


def _file_name(option: Option) -> str:
    return os.path.basename(path_of(option.source_url) or option.source_url)


def _why_not(option: Option) -> str:
    return option.failure.reason if option.failure else ""
