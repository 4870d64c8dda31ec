"""Rows of the table: how a figure of one side is set against another's."""

import statistics
from collections.abc import Callable, Sequence
from typing import Literal

from bench.table import Row, milliseconds


def in_turns[T](things: Sequence[T], turn: int) -> list[T]:
    """All of them, another one first each time: nobody is always the one that runs on a warm or a busy machine."""
    first = turn % len(things)
    return [*things[first:], *things[:first]]


def rates(name: str, ours: Sequence[float], other: Sequence[float], *, aim: float | None = None) -> Row:
    """Jobs per second, more is better; the ratio is the median of the rounds' ratios."""
    return _row(name, ours, other, per_second, "least", aim)


def durations(name: str, ours: Sequence[float], other: Sequence[float], *, aim: float | None = None) -> Row:
    """Seconds, less is better."""
    return _row(name, ours, other, milliseconds, "most", aim)


def amounts(name: str, ours: Sequence[float], other: Sequence[float], unit: str, *, aim: float | None = None) -> Row:
    """Anything else of which less is better."""
    return _row(name, ours, other, lambda value: f"{_figures(value)} {unit}".strip(), "most", aim)


def per_second(rate: float) -> str:
    return f"{rate:,.0f}/s"


def _figures(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _row(
    name: str,
    ours: Sequence[float],
    other: Sequence[float],
    show: Callable[[float], str],
    at: Literal["most", "least"],
    aim: float | None,
) -> Row:
    return Row(
        name=name,
        ours=show(statistics.median(ours)),
        floor=show(statistics.median(other)),
        ratio=statistics.median(mine / theirs for mine, theirs in zip(ours, other, strict=True)),
        at=at,
        aim=aim,
    )
