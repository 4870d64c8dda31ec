"""How well the language of a picture suits: the steps of an order, each worth less than the one before.

The first step is worth everything, the later ones 0.6, 0.5, 0.4 … of it (in closer steps where there are more than five), and what no
step names 0.1. The languages of one step share what lies between it and the next, the first of them the most.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache

from metarr.domain.artwork_rules import NONE, ORIGINAL, WANTED

SECOND_STEP = 0.6
LATER_STEP = 0.1
LAST_STEP = 0.2
OTHER = 0.1
LANGUAGE_STEP = 0.1
"""How much a later language of the same step is worth less, where there is room for it."""

_NO_LANGUAGE = frozenset({"", "00", "xx", "zxx", "und", "none"})


def plain_language(code: str | None) -> str | None:
    """`pt-BR` is `pt`; the many ways to say "no text" are None."""
    plain = (code or "").lower().replace("_", "-").partition("-")[0]
    return None if plain in _NO_LANGUAGE else plain


@lru_cache(maxsize=1000)
def shares(
    steps: tuple[str, ...], wanted: tuple[str, ...], original: str | None
) -> Mapping[str | None, tuple[float, str]]:
    """Share (0-1) and reason of each language that a step names; None stands for pictures without text."""
    worth = [_worth(place, len(steps)) for place in range(len(steps))] + [OTHER]
    known: dict[str | None, tuple[float, str]] = {}
    for place, step in enumerate(steps):
        members = _members(step, wanted, original)
        room = min(LANGUAGE_STEP, (worth[place] - worth[place + 1]) / max(1, len(members)))
        for number, (language, why) in enumerate(members):
            known.setdefault(language, (worth[place] - room * number, why))
    return known


def language_share(
    code: str | None, steps: tuple[str, ...], wanted: tuple[str, ...], original: str | None
) -> tuple[float, str]:
    """Share (0-1) and reason for a picture in this language."""
    language = plain_language(code)
    other = "without text" if language is None else f"in {language}"
    return shares(steps, wanted, original).get(language, (OTHER, other))


def _worth(place: int, count: int) -> float:
    if place == 0:
        return 1.0
    return SECOND_STEP - (place - 1) * min(LATER_STEP, (SECOND_STEP - LAST_STEP) / (count - 1))


def _members(step: str, wanted: Sequence[str], original: str | None) -> list[tuple[str | None, str]]:
    if step == NONE:
        return [(None, "without text")]
    if step == WANTED:
        plain = dict.fromkeys(plain_language(one) for one in wanted)
        return [(one, f"in {one}, wanted language {place}") for place, one in enumerate(filter(None, plain), start=1)]
    if step == ORIGINAL:
        own = plain_language(original)
        return [] if own is None else [(own, f"in {own}, the film's own language")]
    return [(step, f"in {step}")]
