"""Compares file names as people mean them, whatever their letters' case and composition, and finds whose sidecar a file is."""

import unicodedata
from collections.abc import Mapping

_MAY_FOLLOW = frozenset(" -._([")


def folded(name: str) -> str:
    """The name for comparing: composed letters, no case. Macs write decomposed letters, everyone else composed ones."""
    return unicodedata.normalize("NFC", name).casefold()


def remainder(stem: str, base: str) -> str | None:
    """What stands behind `base` in a sidecar's stem (`Film.en` → `.en`, `Film` → ``); None when it is not base's sidecar."""
    found = longest_base(stem, {folded(base): base}) if base else None
    return found[1] if found is not None else None


def longest_base[Named](stem: str, bases: Mapping[str, Named]) -> tuple[Named, str] | None:
    """What the longest of the names stands for whose sidecar this is, and the remainder. `bases` are keyed by folded name.

    Looks names up instead of comparing with each: a library's root may hold thousands of films.
    """
    mine = unicodedata.normalize("NFC", stem)
    for cut in range(len(mine), 0, -1):
        if cut == len(mine) or mine[cut] in _MAY_FOLLOW:
            found = bases.get(folded(mine[:cut]))
            if found is not None:
                return found, mine[cut:]
    return None
