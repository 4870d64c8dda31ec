"""Decides which of several videos is the film, once their durations are known."""

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from metarr.domain.classify.values import ExtraFile, FilmFiles

SAME_LENGTH_SECONDS = 1.0
LONGEST, LARGEST = 90, 80


class Candidate(Struct, frozen=True, kw_only=True):
    """A video that may be the film. duration in seconds, None when it cannot be read; size in bytes."""

    path: str
    duration: float | None
    size: int = 0


class MainChoice(Struct, frozen=True, kw_only=True):
    """The film's path, or None when a person must decide; and why, in words."""

    path: str | None
    confidence: int
    reason: str


def choose_main(candidates: Sequence[Candidate]) -> MainChoice:
    """The longest video. Two longest within a second of each other leave it undecided; so do two equal sizes where no
    duration is known. A video whose duration cannot be read loses to any that can.

    Raises:
        ValueError: there is no candidate.
    """
    if not candidates:
        raise ValueError("no candidate to choose from")
    if len(candidates) == 1:
        return MainChoice(path=candidates[0].path, confidence=100, reason="the only video")
    known = [(candidate.duration, candidate) for candidate in candidates if candidate.duration is not None]
    if not known:
        return _largest(candidates)
    known.sort(key=lambda pair: (-pair[0], -pair[1].size, pair[1].path))
    longest, best = known[0]
    if len(known) > 1 and longest - known[1][0] <= SAME_LENGTH_SECONDS:
        second = known[1][1]
        return MainChoice(path=None, confidence=50, reason=f"{best.path} and {second.path} are equally long")
    return MainChoice(path=best.path, confidence=LONGEST, reason=f"the longest video, {_minutes(longest)}")


def settle(film: FilmFiles, choice: MainChoice) -> FilmFiles:
    """The film with its main video decided; the other candidates become extras. Undecided, it stays as it is."""
    main = next((video for video in film.candidates if video.path == choice.path), None)
    if main is None:
        return film
    others = tuple(
        ExtraFile(
            path=video.path, kind="other", size=video.size, confidence=80, reason="a shorter video beside the film"
        )
        for video in film.candidates
        if video is not main
    )
    return replace(
        film,
        files=(main,),
        candidates=(),
        base=_stem(main.path),
        extras=film.extras + others,
        confidence=choice.confidence,
        reason=choice.reason,
    )


def _largest(candidates: Sequence[Candidate]) -> MainChoice:
    first, second = sorted(candidates, key=lambda candidate: (-candidate.size, candidate.path))[:2]
    if first.size == second.size:
        return MainChoice(
            path=None, confidence=50, reason=f"{first.path} and {second.path} are equally large, no duration is known"
        )
    return MainChoice(path=first.path, confidence=LARGEST, reason="the largest video; no duration is known")


def _stem(path: str) -> str:
    return path.rpartition("/")[2].rpartition(".")[0]


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:.0f} min" if seconds >= 60 else f"{seconds:.0f} s"
