"""The outermost bracket groups of a name."""

from msgspec import Struct

_PAIRS = {"(": ")", "[": "]", "{": "}"}


class Group(Struct, frozen=True, kw_only=True):
    """`text[start:end]` with its brackets; `inner` is what stands between them."""

    start: int
    end: int
    inner: str


def find_groups(text: str) -> list[Group]:
    """Outermost groups from left to right; a bracket that never closes makes none. One walk, no backtracking."""
    groups: list[Group] = []
    awaited: list[str] = []
    start = 0
    for index, letter in enumerate(text):
        if letter in _PAIRS:
            if not awaited:
                start = index
            awaited.append(_PAIRS[letter])
        elif awaited and letter == awaited[-1]:
            awaited.pop()
            if not awaited:
                groups.append(Group(start=start, end=index + 1, inner=text[start + 1 : index]))
    return groups
