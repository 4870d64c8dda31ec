"""The steps of a job's run, so that a test can stand at each of them; in service nobody does."""

from collections.abc import Awaitable, Callable
from typing import Literal

from metarr.queue import ClaimedJob

type Step = Literal["claimed", "worked", "written", "committed", "told"]
"""claimed: the row says running. worked: about to write. written: all rows written, nothing committed. committed: the effect
stands. told: dependents are released, bells rung, facts handed over."""

type Reached = Callable[[Step, ClaimedJob], Awaitable[None]]


async def nobody(_step: Step, _job: ClaimedJob) -> None:
    """Nobody stands there."""
