"""Budgets and pauses."""

import asyncio
from datetime import UTC, datetime

import pytest

from metarr.http.budget import Budget, Pause, retry_after_seconds

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


async def passes(budget: Budget, priority: int) -> bool:
    """Whether a call may go out at once; one that may not is given up."""
    spending = asyncio.create_task(budget.spend(priority))
    await asyncio.sleep(0)
    passed = spending.done()
    spending.cancel()
    return passed


async def test_a_fifth_of_the_budget_is_kept_for_people():
    budget = Budget(per_second=10)
    assert [await passes(budget, priority=5) for _ in range(9)] == [True] * 8 + [False]
    assert await passes(budget, priority=2)


async def test_a_budget_knows_whether_a_call_may_go_out_at_once():
    budget = Budget(per_second=10)
    rooms = []
    for _ in range(8):
        rooms.append(budget.has_room(priority=5))
        await budget.spend(priority=5)
    assert rooms == [True] * 8
    assert (budget.has_room(priority=5), budget.has_room(priority=2)) == (False, True)


async def test_people_can_use_the_whole_budget():
    budget = Budget(per_second=10)
    assert [await passes(budget, priority=1) for _ in range(11)] == [True] * 10 + [False]


async def test_a_rate_below_one_a_second_still_lets_one_call_through():
    budget = Budget(per_second=0.1)
    assert [await passes(budget, priority=10) for _ in range(2)] == [True, False]


def test_a_pause_lasts_as_long_as_it_was_asked_for():
    pause = Pause()
    assert pause.begin(now=100.0, retry_after=7.0) == 7.0
    assert (pause.left(103.0), pause.left(107.0)) == (4.0, 0.0)


def test_pauses_without_a_given_length_double_up_to_half_a_minute_until_an_answer_comes():
    pause = Pause()
    assert [pause.begin(now=0.0, retry_after=None) for _ in range(7)] == [1, 2, 4, 8, 16, 30, 30]
    pause.end()
    assert pause.begin(now=0.0, retry_after=None) == 1


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7.0),
        ("Sun, 01 Mar 2026 12:00:30 GMT", 30.0),
        ("Sun, 01 Mar 2026 11:00:00 GMT", 0.0),
        ("soon", None),
        ("-5", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_is_a_number_or_a_date(header, seconds):
    assert retry_after_seconds(header, NOON) == seconds
