"""Why a candidate is not the one that a slot shows, in a sentence with the numbers that decided."""

from metarr.db.queries.assets_picking import LOCKED, LOCKED_EMPTY
from metarr.domain.scoring import Candidate, Ranked, pixels
from metarr.domain.scoring_slots import slot_of
from metarr_cache.choosing import MOST_DOWNLOADS, Choice

HAS_PORTRAIT = "the person has a picture already"
BESIDE_FIRST = "a picture beside the film comes first"
NOT_REACHED = f"not fetched: {MOST_DOWNLOADS} others were tried before it"


def why_not(one: Ranked, choice: Choice) -> str | None:
    """The reason; None where nothing is shown that it could have lost to."""
    if one.repeats is not None:
        return _same_picture(one, choice)
    if one.score.refused:
        return one.score.limit
    slot = choice.subject.slot
    if slot.locked:
        return LOCKED if slot.current is not None else LOCKED_EMPTY
    best = next((other for other in choice.ranked if _is_best(other, choice)), None)
    return one.score.limit if best is None else _lost(one, best, choice)


def compare(one: Ranked, best: Ranked) -> str:
    """Both scores, and the terms in which they differ, the worst first."""
    mine, theirs = one.score.points, best.score.points
    digits = 1 if round(mine, 1) != round(theirs, 1) else 2
    scores = f"scored {mine:.{digits}f}, the chosen one {theirs:.{digits}f}"
    pairs = zip(one.score.terms, best.score.terms, strict=True)
    differences = sorted((round(own.points - other.points, digits), own.name) for own, other in pairs)
    said = [f"{name} {points:+g}" for points, name in differences if points]
    return f"{scores}: {', '.join(said)}" if said else scores


def _lost(one: Ranked, best: Ranked, choice: Choice) -> str | None:
    slot = choice.subject.slot
    if slot_of(slot.entity_type, slot.asset_type).local_first and best.candidate.source_type == "local":
        return BESIDE_FIRST
    if choice.left:
        return HAS_PORTRAIT
    if one.score.limit is not None and best.score.limit is None:
        return one.score.limit
    if one.score.points > best.score.points and one.score.limit == best.score.limit:
        return NOT_REACHED
    return _tie(one, best) if one.score.points == best.score.points else compare(one, best)


def _tie(one: Ranked, best: Ranked) -> str:
    equal = f"scored {one.score.points:.1f} like the chosen one, which"
    mine, theirs = one.candidate, best.candidate
    if _share_of_votes(one) != _share_of_votes(best):
        return f"{equal} has more votes"
    if mine.name_preference != theirs.name_preference:
        return f"{equal} bears the name that players prefer"
    if mine.file_size != theirs.file_size:
        return f"{equal} is the smaller file"
    return f"{equal} was found first"


def _share_of_votes(one: Ranked) -> str:
    return next(term.why for term in one.score.terms if term.name == "votes")


def _same_picture(one: Ranked, choice: Choice) -> str:
    leader = next(other for other in choice.ranked if other.candidate.id == one.repeats)
    return f"same picture as {_named(leader.candidate)}, {_in_what(one.candidate, leader.candidate)}"


def _named(candidate: Candidate) -> str:
    source = {"local": "beside the film", "user": "given by you"}.get(candidate.source_type, "")
    source = source or f"from {candidate.provider_name or 'a provider'}"
    return f"the one of {candidate.width} x {candidate.height} {source}"


def _in_what(one: Candidate, leader: Candidate) -> str:
    if pixels(one) < pixels(leader):
        return f"smaller ({one.width} x {one.height})"
    if pixels(one) == pixels(leader) and (one.file_size or 0) < (leader.file_size or 0):
        return "more compressed"
    return "no better"


def _is_best(one: Ranked, choice: Choice) -> bool:
    return choice.best is not None and one.candidate.id == choice.best.candidate.id
