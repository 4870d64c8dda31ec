"""Finds the best picture for one slot with as few downloads as can be.

The candidates are ranked by what their sources tell. The best one is brought in; now its real size and look are known, and
all are ranked again: either it is still the best, then it is chosen, or another one is, then that is brought in. What
cannot be had drops out with its reason. Pictures beside the media are brought in first of all, since they must not be
lost when their folder is. A locked slot is left as it is; a person who has a portrait keeps it.
"""

from collections.abc import Awaitable, Callable, Iterable

from msgspec import Struct

from metarr.domain.scoring import Ranked, Taste, rank
from metarr.domain.scoring_slots import Slot, slot_of
from metarr_cache.intake import Failure, Kept
from metarr_cache.options import Option, SlotOptions

MOST_DOWNLOADS = 10
"""For one slot in one run; then the best of what is there has to do."""

type Bring = Callable[[Option], Awaitable[Kept | Failure]]


class Choice(Struct, frozen=True, kw_only=True):
    """What came out for a slot. `best` None means that nothing can be had: what is shown stays.

    `ranked` holds every option that can be had, best first. `lost`: the picture shown is gone from the store for good. `left`:
    the slot was not chosen for, it shows what it showed before.
    """

    subject: SlotOptions
    options: tuple[Option, ...]
    ranked: tuple[Ranked, ...]
    best: Option | None
    lost: bool = False
    left: bool = False

    @property
    def missed(self) -> Failure | None:
        """Why a slot of the film stays empty although something might fill it later. Nothing waits for people's portraits."""
        slot = self.subject.slot
        showing = self.subject.intact and not self.subject.disowned
        if self.best is not None or showing or slot.locked or slot.entity_type == "actor":
            return None
        return next((one.failure for one in self.options if one.failure and one.failure.passing), None)


async def choose(subject: SlotOptions, taste: Taste, bring: Bring) -> Choice:
    """Bring in what is needed and choose. Never raises for a picture that cannot be had."""
    rules = slot_of(subject.slot.entity_type, subject.slot.asset_type)
    options = {option.candidate.id: option for option in subject.options}
    for option in subject.options:
        if option.open and (option.local or option.undescribed):
            options[option.candidate.id] = option.brought(await bring(option))
    if subject.slot.locked or _has_portrait(subject):
        return await _leave(subject, options, taste, bring)
    best = await _search(options, rules, taste, bring)
    return Choice(
        subject=subject,
        options=tuple(options.values()),
        ranked=tuple(_rank(options.values(), rules, taste)),
        best=best,
        lost=best is None and subject.slot.current is not None and not subject.intact and not subject.disowned,
    )


def rank_options(subject: SlotOptions, taste: Taste) -> list[Ranked]:
    """What can be had for a slot, best first, by what is known of it now."""
    return _rank(subject.options, slot_of(subject.slot.entity_type, subject.slot.asset_type), taste)


async def _search(options: dict[int, Option], rules: Slot, taste: Taste, bring: Bring) -> Option | None:
    """Best first; `options` is brought up to date on the way."""
    for _ in range(MOST_DOWNLOADS):
        best = next((options[one.candidate.id] for one in _rank(options.values(), rules, taste) if one.usable), None)
        if best is None or best.kept is not None:
            return best
        options[best.candidate.id] = best.brought(await bring(best))
    ranked = _rank([option for option in options.values() if option.kept], rules, taste)
    return next((options[one.candidate.id] for one in ranked if one.usable), None)


async def _leave(subject: SlotOptions, options: dict[int, Option], taste: Taste, bring: Bring) -> Choice:
    """The slot goes on showing what it shows; if that is gone from the store, the very same bytes are fetched again."""
    current, intact = subject.slot.current, subject.intact
    shown = options[subject.shown.candidate.id] if subject.shown else None
    if shown is not None and shown.open:
        shown = shown.brought(await bring(shown))
    if shown is not None and shown.kept is not None and current is not None:
        if shown.kept.content_hash == current.content_hash:
            options[shown.candidate.id], intact = shown, True
        else:
            shown = None  # its source shows something else by now
    rules = slot_of(subject.slot.entity_type, subject.slot.asset_type)
    return Choice(
        subject=subject,
        options=tuple(options.values()),
        ranked=tuple(_rank(options.values(), rules, taste)),
        best=shown,
        lost=current is not None and not intact,
        left=True,
    )


def _has_portrait(subject: SlotOptions) -> bool:
    """A person's picture is fetched once; only one beside the film can take its place."""
    newer = any(option.local and option != subject.shown for option in subject.options)
    return subject.slot.entity_type == "actor" and subject.intact and not newer


def _rank(options: Iterable[Option], rules: Slot, taste: Taste) -> list[Ranked]:
    return rank([option.candidate for option in options if option.failure is None], rules, taste)
