"""What a worker remembers of its line: marks, walks, and whose turn it is. Without a database."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metarr.queue.line import LEVELS, URGENT, Line

levels = st.sampled_from(LEVELS)
taken = st.lists(st.tuples(levels, st.integers(1, 1000)), max_size=20)
seconds = st.floats(0, 100)


def entered(line: Line, now: float = 0.0, most: int = 10) -> list[int]:
    """The levels in the order in which the next claim takes them."""
    line.begin(now, most=most)
    return line.levels()[0]


@given(levels, st.lists(levels, unique=True), st.integers(1, 12))
def test_each_level_that_may_be_taken_is_entered_once(most: int, aged: list[int], claims: int) -> None:
    line = Line()
    line.take_in_turn(aged)
    for _ in range(claims):
        assert sorted(entered(line, most=most)) == list(LEVELS[:most])


@given(st.lists(levels, unique=True))
def test_who_waited_too_long_goes_first_in_every_fourth_claim_and_only_then(aged: list[int]) -> None:
    line = Line()
    line.take_in_turn(aged)
    orders = [entered(line) for _ in range(8)]
    first = [*aged, *(level for level in LEVELS if level not in aged)]
    assert orders == [list(LEVELS)] * 3 + [first] + [list(LEVELS)] * 3 + [first]


def test_the_slot_for_urgent_work_is_not_given_to_what_waited_too_long() -> None:
    line = Line()
    line.take_in_turn([10, 2])
    assert [entered(line, most=URGENT) for _ in range(4)][-1] == [2, 1]


def test_nobody_goes_first_any_more_when_nobody_waits_too_long() -> None:
    line = Line()
    line.take_in_turn([10])
    line.take_in_turn([])
    assert [entered(line) for _ in range(4)] == [list(LEVELS)] * 4


@given(st.lists(taken, max_size=5))
def test_a_mark_lies_right_behind_the_last_place_that_was_taken(claims: list[list[tuple[int, int]]]) -> None:
    line = Line()
    line.walked(0.0, seconds=1.0)
    for one in claims:
        line.begin(0.0, most=10)
        line.remember(one)
    places = [pair for one in claims for pair in one]
    expected = [max((place + 1 for level, place in places if level == wanted), default=0) for wanted in LEVELS]
    assert line.all_levels() == (list(LEVELS), expected)


@given(taken, st.integers(1, 10))
def test_marks_stay_with_their_levels_whatever_the_order(places: list[tuple[int, int]], most: int) -> None:
    line = Line()
    line.walked(0.0, seconds=1.0)
    line.take_in_turn([9, 4])
    line.remember(places)
    marks = dict(zip(*line.all_levels(), strict=True))
    for _ in range(4):
        line.begin(0.0, most=most)
        assert dict(zip(*line.levels(), strict=True)) == {level: marks[level] for level in range(1, most + 1)}


def test_a_walk_begins_at_the_head_of_every_level() -> None:
    line = Line()
    line.remember([(1, 7), (5, 3)])
    assert line.begin(0.0, most=10) is True
    assert set(line.levels()[1]) == {0}


@given(st.lists(st.tuples(seconds, seconds), min_size=1, max_size=30))
def test_walks_take_no_more_than_a_twentieth_of_the_time(pauses_and_walks: list[tuple[float, float]]) -> None:
    line = Line()
    now = walking = 0.0
    for pause, walk in pauses_and_walks:
        now += pause
        if line.begin(now, most=10):
            assert walking <= now / 20 + 1e-6
            now += walk
            walking += walk
            line.walked(now, walk)


@given(seconds, seconds, st.floats(0, 3000))
def test_it_says_how_long_it_is_until_a_walk(ended: float, took: float, later: float) -> None:
    line = Line()
    line.walked(ended, took)
    wait = line.until_walk(ended + later)
    assert wait == pytest.approx(max(0.0, 20 * took - later), abs=1e-6)
    assert line.begin(ended + later + wait + 1e-6, most=10) is True


@given(taken, st.lists(levels, unique=True))
def test_jobs_of_one_claim_are_ranked_as_their_levels_were_entered(
    places: list[tuple[int, int]], aged: list[int]
) -> None:
    line = Line()
    line.take_in_turn(aged)
    order = [entered(line) for _ in range(4)][-1]
    ranked = sorted(places, key=lambda one: line.rank(*one))
    assert ranked == [pair for level in order for pair in sorted(places) if pair[0] == level]
