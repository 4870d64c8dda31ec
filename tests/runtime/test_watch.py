"""Who is dead is told by beats and the watcher's own clock alone."""

from hypothesis import given
from hypothesis import strategies as st

from metarr.runtime.watch import GAP, SILENCE, Watch


def looked_at(watch: Watch, *looks: tuple[float, dict[str, int]]) -> list[dict[str, int]]:
    return [watch.silent(roll, now) for now, roll in looks]


def each_second(until: float, **beats: int) -> list[tuple[float, dict[str, int]]]:
    return [(float(second), dict(beats)) for second in range(int(until) + 1)]


def test_a_worker_that_has_not_beaten_for_twenty_seconds_is_dead() -> None:
    verdicts = looked_at(Watch(), *each_second(SILENCE, one=7))
    assert verdicts[:-1] == [{}] * (len(verdicts) - 1)
    assert verdicts[-1] == {"one": 7}


def test_a_worker_that_beats_lives() -> None:
    beating = [(float(second), {"one": second // 5}) for second in range(200)]
    assert not any(looked_at(Watch(), *beating))


def test_a_watcher_that_was_frozen_begins_anew() -> None:
    watch = Watch()
    looked_at(watch, *each_second(15, one=7))
    assert watch.silent({"one": 7}, 15 + GAP + 1) == {}
    assert watch.silent({"one": 7}, 15 + GAP + 5) == {}


def test_a_worker_that_came_later_is_given_its_own_time() -> None:
    watch = Watch()
    looked_at(watch, *each_second(10, one=7))
    later = [(10.0 + second, {"one": 7, "two": 0}) for second in range(1, 11)]
    assert looked_at(watch, *later)[-1] == {"one": 7}


@given(st.lists(st.floats(min_value=0.1, max_value=GAP - 0.1), min_size=1, max_size=80))
def test_nobody_dies_before_the_silence_is_over(steps: list[float]) -> None:
    watch, now = Watch(), 0.0
    watch.silent({"one": 1}, now)
    for step in steps:
        now += step
        assert watch.silent({"one": 1}, now) == ({"one": 1} if now >= SILENCE else {})
