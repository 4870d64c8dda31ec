"""An unmounted disk is not a deletion."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metarr.domain.mount import Census, MountVerdict, RootSeen, judge_census, judge_root

ROOT = RootSeen(device=1, inode=2)


def state(census: Census, remembered: tuple[int, int] | None = (1, 2), percent: int = 50) -> str:
    return judge_census(ROOT, remembered, census, percent).state


def test_a_root_that_cannot_be_read_is_missing_and_says_why() -> None:
    verdict = judge_root(RootSeen(error="no such directory"), known_films=0)
    assert verdict.state == "missing"
    assert "no such directory" in (verdict.detail or "")


def test_an_empty_root_is_an_alarm_only_where_films_are_known() -> None:
    assert judge_root(RootSeen(empty=True), known_films=1).state == "empty"
    assert judge_root(RootSeen(empty=True), known_films=0) == MountVerdict(state="ok")


def test_more_than_half_gone_at_once_is_a_lost_disk() -> None:
    assert state(Census(known=10, gone=6)) == "shrunk"
    assert state(Census(known=10, gone=5)) == "ok"


def test_less_than_three_films_gone_is_tidying_up() -> None:
    assert state(Census(known=2, gone=2)) == "ok"


def test_films_that_moved_are_not_lost() -> None:
    assert state(Census(known=10, gone=10, appeared=10)) == "ok"


def test_another_folder_at_the_same_path_is_replaced_only_when_the_films_are_gone() -> None:
    assert state(Census(known=10, gone=10), remembered=(1, 9)) == "replaced"
    assert state(Census(known=10, gone=0), remembered=(1, 9)) == "ok"


def test_another_device_number_is_a_reboot_and_no_other_disk() -> None:
    assert state(Census(known=10, gone=10), remembered=(7, 2)) == "shrunk"


def test_a_person_can_allow_everything_to_vanish() -> None:
    assert state(Census(known=10, gone=10), percent=100) == "ok"


@given(known=st.integers(3, 1000), share=st.floats(0, 1), percent=st.integers(0, 100))
def test_what_is_allowed_to_vanish_never_exceeds_the_percentage(known: int, share: float, percent: int) -> None:
    gone = round(known * share)
    healthy = judge_census(ROOT, (1, 2), Census(known=known, gone=gone), percent).healthy
    assert healthy == (gone < 3 or gone * 100 <= known * percent)


@pytest.mark.parametrize("count", [1, 2])
def test_every_verdict_that_is_not_ok_speaks_to_a_person(count: int) -> None:
    detail = judge_root(RootSeen(empty=True), known_films=count).detail or ""
    assert "film" in detail
    assert detail.endswith("?")
