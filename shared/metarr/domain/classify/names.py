"""Compares file names as people mean them, whatever their letters' case and composition, and finds whose sidecar a file is."""

import unicodedata
from collections.abc import Iterable

_MAY_FOLLOW = frozenset(" -._([")


def folded(name: str) -> str:
    """The name for comparing: composed letters, no case. Macs write decomposed letters, everyone else composed ones."""
    return unicodedata.normalize("NFC", name).casefold()


def remainder(stem: str, base: str) -> str | None:
    """What stands behind `base` in a sidecar's stem (`Film.en` → `.en`, `Film` → ``); None when it is not base's sidecar."""
    mine, wanted = unicodedata.normalize("NFC", stem), folded(base)
    if not wanted or not folded(mine).startswith(wanted):
        return None
    rest = mine[len(unicodedata.normalize("NFC", base)) :]
    return rest if not rest or rest[0] in _MAY_FOLLOW else None


def longest_base(stem: str, bases: Iterable[str]) -> str | None:
    """The longest of the names whose sidecar this is."""
    return max((base for base in bases if remainder(stem, base) is not None), key=len, default=None)
