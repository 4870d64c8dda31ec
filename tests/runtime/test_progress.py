"""What a running job says of itself: throttled, and always where it waits for something outside."""

from typing import Any

import msgspec
import pytest

from metarr.db import Database
from metarr.runtime.work import JobCancelledError, Progress, Work
from support.clock import ManualClock
from support.queueing import claimed_job

JOB = claimed_job("EnrichItem", id=7, attempts=2)


class Heard:
    """What was said, in order."""

    def __init__(self) -> None:
        self.said: list[Progress] = []

    async def __call__(self, _job_id: int, data: bytes) -> None:
        self.said.append(msgspec.json.decode(data, type=Progress))

    @property
    def lines(self) -> list[tuple[int, str, bool]]:
        return [(said.done, said.doing, said.waits) for said in self.said]


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def work(db: Database, clock: ManualClock, heard: Heard) -> Work:
    return Work(JOB, db=db, clock=clock, data_dir="", say_progress=heard)


async def test_of_many_steps_in_a_moment_the_first_and_the_last_are_told(
    work: Work, heard: Heard, clock: ManualClock
) -> None:
    for done in range(5):
        await work.progress(done, 4, f"step {done}")
    assert heard.lines == [(0, "step 0", False), (4, "step 4", False)]
    assert {(said.job_id, said.attempt) for said in heard.said} == {(7, 2)}
    clock.advance(0.25)
    await work.progress(2, 4, "again")
    assert heard.lines[-1] == (2, "again", False)


async def test_a_wait_for_something_outside_is_told_at_once_and_so_is_its_end(work: Work, heard: Heard) -> None:
    await work.progress(0, 2, "looking")
    await work.progress(1, 2, "asking")
    async with work.waiting_for("tmdb's budget"):
        during = heard.lines[-1]
    assert during == (1, "waits for tmdb's budget", True)
    assert heard.lines[-1] == (1, "asking", False)


async def test_a_wait_that_is_given_up_ends_too(work: Work, heard: Heard) -> None:
    with pytest.raises(RuntimeError):
        async with work.waiting_for("tmdb's budget"):
            raise RuntimeError
    assert heard.lines[-1] == (0, "begins", False)


async def test_where_nobody_listens_nothing_is_said(db: Database, clock: ManualClock) -> None:
    work: Any = Work(JOB, db=db, clock=clock, data_dir="")
    await work.progress(1, 1, "all")
    work.cancelled = True
    with pytest.raises(JobCancelledError):
        await work.progress(1, 1, "all")
