"""The mount guard: may anything be concluded from what is absent below a library's root?

A disk that is not mounted looks like an empty folder, a network share that hangs like a folder with half of its contents,
and another disk at the same place like a library in which every film was replaced. None of these is a deletion:

1. The root is missing or cannot be read: `missing`.
2. It holds nothing while films are known: `empty`.
3. Of the films known, more than `vanish_guard_percent` are gone, and at least three, and not as many new videos have come:
   `replaced` when the root is another directory than the one remembered, else `shrunk`. Another root with the films in place,
   as after a restored backup, is the same library.
4. Otherwise `ok`. Nothing else is needed to recover: the next look that finds the films finds the library in order.

Where no film is known nothing can be lost, and any readable root is `ok`.
"""

from typing import Literal

from msgspec import Struct

MountState = Literal["ok", "missing", "empty", "shrunk", "replaced"]

_FEWEST = 3
"""Below this number of vanished films a person tidied up."""


class RootSeen(Struct, frozen=True, kw_only=True):
    """A look at the root directory itself: `error` says in words why it cannot be read, and then nothing else counts."""

    device: int = 0
    inode: int = 0
    empty: bool = False
    error: str | None = None


class Census(Struct, frozen=True, kw_only=True):
    """How many films are known, how many of those are not where they were, how many videos are new."""

    known: int
    gone: int = 0
    appeared: int = 0


class MountVerdict(Struct, frozen=True, kw_only=True):
    """The state and, when it is not ok, why, in words for a person."""

    state: MountState
    detail: str | None = None

    @property
    def healthy(self) -> bool:
        return self.state == "ok"


def judge_root(root: RootSeen, known_films: int) -> MountVerdict:
    """What the root alone says (rules 1 and 2)."""
    if root.error is not None:
        return MountVerdict(state="missing", detail=f"The library's folder cannot be read: {root.error}.")
    if root.empty and known_films:
        return MountVerdict(
            state="empty",
            detail=f"The library's folder is empty but {_films(known_films)} should be there. Is the disk mounted?",
        )
    return MountVerdict(state="ok")


def judge_census(root: RootSeen, remembered: tuple[int, int] | None, census: Census, percent: int) -> MountVerdict:
    """What the comparison of the films says (rule 3); `remembered` is the root's (device, inode) of the last healthy scan."""
    missing = census.gone - census.appeared
    if census.gone < _FEWEST or missing * 100 <= census.known * percent:
        return MountVerdict(state="ok")
    lost = f"{census.gone} of {_films(census.known)} are not where they were"
    if is_replaced(root, remembered):
        return MountVerdict(
            state="replaced", detail=f"Another folder lies at the library's path, and {lost}. Is it the right disk?"
        )
    return MountVerdict(
        state="shrunk",
        detail=f"{lost.capitalize()}, more than the {percent} % that may vanish at once. If they were deleted on purpose, "
        "set scan.vanish_guard_percent to 100 for this library and scan again.",
    )


def is_replaced(root: RootSeen, remembered: tuple[int, int] | None) -> bool:
    """Is the root another directory than the one remembered? Device numbers change with a reboot, a directory's inode does not."""
    return remembered is not None and remembered[1] != root.inode


def _films(count: int) -> str:
    return "1 film" if count == 1 else f"{count} films"
