"""Which candidates of a slot are the same picture, and which one of them stands for all.

The candidates come largest first. Each joins the first one before it that looks the same and stands for itself; if there is none,
it stands for itself from now on. So everyone in a group looks like its largest, a chain of small differences never joins two
that differ, and the groups depend on the candidates alone, not on the order in which they were found.

Two pictures in different languages are two pictures, however alike their hashes are: most of a poster is not its title.
"""

from collections.abc import Iterable

from msgspec import Struct


class Look(Struct, frozen=True, kw_only=True):
    """What is known of a candidate's looks: 64 bits of perceptual hash, and the languages that it may be in ("" for no text)."""

    id: int
    bits: int
    words: frozenset[str]


def repeats(looks: Iterable[Look], most: int) -> dict[int, int]:
    """Who is hidden behind whom, by id: `most` bits may differ between the two."""
    leaders: list[Look] = []
    behind: dict[int, int] = {}
    for look in looks:
        leader = next((one for one in leaders if _same(one, look, most)), None)
        if leader is None:
            leaders.append(look)
        else:
            behind[look.id] = leader.id
    return behind


def _same(one: Look, other: Look, most: int) -> bool:
    return (one.bits ^ other.bits).bit_count() <= most and not one.words.isdisjoint(other.words)
