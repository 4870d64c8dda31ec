"""What a library would show by other rules: every slot is ranked by what is known, nothing is fetched, written or saved.

A picture that is not in the store is judged by what its source tells, as it is before a download. A locked slot never changes, and
neither does one for which there is no candidate.
"""

import asyncio
from collections.abc import Sequence

import msgspec
from msgspec import Struct

from metarr.db import Database
from metarr.db.queries.artwork_rounds import ItemArtwork, count_items, load_items
from metarr.db.queries.settings import check_settings, laid_over, load_rows, settings_from
from metarr.domain.scoring import Ranked, Taste, score
from metarr.domain.scoring_slots import slot_of
from metarr.domain.settings import Settings
from metarr.messages.requests import (
    ArtworkSimulated,
    ItemMoved,
    PictureJudged,
    ScorePart,
    SimulateArtwork,
    SlotMoved,
)
from metarr_cache.choosing import Choice, rank_options
from metarr_cache.options import Option, SlotOptions, suppose, taste_of
from metarr_cache.reasons import why_not

MOST_SEEN = 500
"""Items that one answer looks at: a few seconds of work at 200 candidates each."""

MOST_BYTES = 700_000
"""Of one answer as JSON; NATS carries 1 MB."""

_PART = 50


class Rules(Struct, frozen=True, kw_only=True):
    """The settings in force and those that are tried."""

    now: Settings
    tried: Settings


class Simulations:
    """Answers SimulateArtwork."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def simulate_artwork(self, asked: SimulateArtwork) -> ArtworkSimulated:
        """The next items that would change. Raises Invalid for settings that could not be saved."""
        check_settings(asked.settings)
        async with self._db.read() as conn:
            rows = await load_rows(conn)
            total = await count_items(conn, asked.library_id)
        rules = Rules(
            now=settings_from(rows, asked.library_id),
            tried=settings_from(laid_over(rows, asked.settings), asked.library_id),
        )
        tally = _Tally(asked, total)
        while not tally.ended:
            async with self._db.read() as conn:
                kind = "collection" if tally.collections else "movie"
                part = await load_items(conn, asked.library_id, kind, after=tally.after, limit=_PART)
            tally.add(part, await asyncio.to_thread(_outcomes, part, rules))
        return tally.answer()


class _Outcome(Struct, frozen=True, kw_only=True):
    """What the rules that are tried would do to one item."""

    moved: tuple[SlotMoved, ...]
    unchanged: int
    locked: int


class _Tally:
    """Collects outcomes until the answer is full or the library is at its end; knows where to go on."""

    def __init__(self, asked: SimulateArtwork, total: int) -> None:
        self.collections, self.after, self.ended = asked.collections, asked.after, False
        self._limit, self._total, self._bytes = asked.limit, total, 0
        self._items: list[ItemMoved] = []
        self._changed = self._unchanged = self._locked = self._seen = 0
        self._complete = False

    def add(self, part: Sequence[ItemArtwork], outcomes: Sequence[_Outcome]) -> None:
        for item, outcome in zip(part, outcomes, strict=True):
            if self._seen == MOST_SEEN or not self._has_room(item, outcome):
                self.ended = True
                return
            self.after = item.entity_id
            self._seen += 1
            self._changed += len(outcome.moved)
            self._unchanged += outcome.unchanged
            self._locked += outcome.locked
        if len(part) < _PART:
            self.ended = self._complete = self.collections
            self.collections, self.after = True, 0

    def answer(self) -> ArtworkSimulated:
        return ArtworkSimulated(
            items=tuple(self._items),
            changed=self._changed,
            unchanged=self._unchanged,
            locked=self._locked,
            items_seen=self._seen,
            items_total=self._total,
            last=None if self._complete else (self.collections, self.after),
        )

    def _has_room(self, item: ItemArtwork, outcome: _Outcome) -> bool:
        """Takes the item in if it changes and there is room for it; the first one always has room."""
        if not outcome.moved:
            return True
        moved = ItemMoved(entity_type=item.entity_type, entity_id=item.entity_id, title=item.title, slots=outcome.moved)
        size = len(msgspec.json.encode(moved))
        if self._items and (len(self._items) == self._limit or self._bytes + size > MOST_BYTES):
            return False
        self._items.append(moved)
        self._bytes += size
        return True


def _outcomes(part: Sequence[ItemArtwork], rules: Rules) -> list[_Outcome]:
    """Blocks for some milliseconds an item: called in a thread."""
    return [_outcome(item, rules) for item in part]


def _outcome(item: ItemArtwork, rules: Rules) -> _Outcome:
    subjects = [suppose(slot, item.candidates, item.published) for slot in item.slots]
    used = [subject for subject in subjects if subject.options or subject.slot.current is not None]
    free = [subject for subject in used if not subject.slot.locked]
    moved = [slot for subject in free if (slot := _moved(subject, item, rules)) is not None]
    return _Outcome(moved=tuple(moved), unchanged=len(free) - len(moved), locked=len(used) - len(free))


def _moved(subject: SlotOptions, item: ItemArtwork, rules: Rules) -> SlotMoved | None:
    tried, now = (taste_of(subject.slot, item.original_language, one) for one in (rules.tried, rules.now))
    choice = _choice(subject, tried)
    if choice.best is None or _is_shown(choice.best, subject):
        return None
    places = {one.candidate.id: one for one in choice.ranked}
    shown = subject.shown
    old = places.get(shown.candidate.id) if shown is not None else None
    return SlotMoved(
        asset_type=subject.slot.asset_type,
        old=None if shown is None else _judged(shown, subject, tried, now),
        new=_judged(choice.best, subject, tried, now),
        why_not=None if old is None else why_not(old, choice),
    )


def _choice(subject: SlotOptions, taste: Taste) -> Choice:
    ranked: Sequence[Ranked] = rank_options(subject, taste)
    options = {option.candidate.id: option for option in subject.options}
    best = next((options[one.candidate.id] for one in ranked if one.usable), None)
    return Choice(subject=subject, options=subject.options, ranked=tuple(ranked), best=best)


def _is_shown(best: Option, subject: SlotOptions) -> bool:
    current = subject.slot.current
    same = best.kept is not None and current is not None and best.kept.content_hash == current.content_hash
    return same or best is subject.shown


def _judged(option: Option, subject: SlotOptions, tried: Taste, now: Taste) -> PictureJudged:
    candidate, rules = option.candidate, slot_of(subject.slot.entity_type, subject.slot.asset_type)
    scored = score(candidate, rules, tried)
    return PictureJudged(
        candidate_id=option.row.id if option.row else None,
        source_type=candidate.source_type,
        provider_name=candidate.provider_name,
        source_url=option.source_url,
        content_hash=option.kept.content_hash if option.kept else None,
        mime_type=option.kept.mime_type if option.kept else None,
        file_size=candidate.file_size,
        width=candidate.width,
        height=candidate.height,
        language=candidate.language,
        score=scored.points,
        score_parts=tuple(msgspec.convert(msgspec.to_builtins(term), ScorePart) for term in scored.terms),
        score_now=score(candidate, rules, now).points,
    )
