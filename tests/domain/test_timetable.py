"""When a schedule's time comes: zones, days without an hour, days with one twice, clocks that leap."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metarr.domain.timetable import check_cron, missed_several, next_run, next_slot
from metarr.errors import Invalid

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = [
    ZoneInfo(name) for name in ("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu")
]
CRONS = ["30 2 * * *", "0 3 * * 0", "*/20 * * * *", "* * * * *", "15 */6 * * *", "0 0 1 * *", "59 1-3 * mar,oct *"]
DAYS = 220
"""More than lie between two changes of the clocks."""
MOMENTS = st.integers(0, 3 * 366 * 86_400).map(
    lambda second: datetime(2025, 1, 1, tzinfo=UTC) + timedelta(seconds=second)
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def slots(cron: str, after: str, count: int) -> list[str]:
    """The next slots as a clock on the wall in Berlin shows them, with its offset."""
    moment, found = at(after), []
    for _ in range(count):
        moment = next_slot(cron, BERLIN, moment)
        found.append(moment.astimezone(BERLIN).isoformat(timespec="minutes"))
    return found


def test_a_night_task_comes_at_night_of_its_own_zone() -> None:
    assert slots("30 2 * * *", "2026-07-01T12:00+00:00", 2) == ["2026-07-02T02:30+02:00", "2026-07-03T02:30+02:00"]


def test_on_the_day_without_half_past_two_the_task_comes_when_the_clocks_change() -> None:
    assert slots("30 2 * * *", "2026-03-28T12:00+00:00", 2) == ["2026-03-29T03:00+02:00", "2026-03-30T02:30+02:00"]


def test_on_the_day_with_half_past_two_twice_the_task_comes_once() -> None:
    assert slots("30 2 * * *", "2026-10-24T12:00+00:00", 2) == ["2026-10-25T02:30+02:00", "2026-10-26T02:30+01:00"]


def test_what_comes_every_hour_goes_on_through_the_hour_that_comes_twice() -> None:
    assert slots("30 * * * *", "2026-10-24T23:40+00:00", 4) == [
        "2026-10-25T02:30+02:00",
        "2026-10-25T02:30+01:00",
        "2026-10-25T03:30+01:00",
        "2026-10-25T04:30+01:00",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "* * * *",
        "* * * * * *",
        "61 * * * *",
        "0 0 30 2 *",
        "R * * * *",
        "H * * * *",
        "0 0 L * *",
        "@daily",
        "1" * 200,
    ],
)
def test_what_is_no_time_that_comes_is_refused_in_words(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_cron(text)
    assert str(refused.value).startswith(("must have", "is no time"))


def test_blanks_do_not_count() -> None:
    assert check_cron("  30   2 * *\tmon-FRI ") == "30 2 * * mon-FRI"


@settings(deadline=None)
@given(text=st.text(alphabet="0123456789*/,- JANSU", max_size=30))
def test_any_text_is_either_refused_or_has_a_next_time(text: str) -> None:
    try:
        cron = check_cron(text)
    except Invalid:
        return
    assert next_slot(cron, BERLIN, at("2026-01-01T00:00+00:00")) > at("2026-01-01T00:00+00:00")


@settings(deadline=None)
@given(cron=st.sampled_from(CRONS), zone=st.sampled_from(ZONES), after=MOMENTS, share=st.floats(0, 1, exclude_max=True))
def test_a_slot_lies_ahead_and_is_the_same_seen_from_anywhere_before_it(
    cron: str, zone: ZoneInfo, after: datetime, share: float
) -> None:
    slot = next_slot(cron, zone, after)
    between = after + share * (slot - after)
    assert after < slot
    assert next_slot(cron, zone, min(between, slot - timedelta(microseconds=1))) == slot


@settings(deadline=None)
@given(
    zone=st.sampled_from(ZONES),
    hour=st.integers(0, 23),
    minute=st.integers(0, 59),
    first=st.dates(date(2025, 1, 1), date(2027, 6, 1)),
)
def test_a_daily_task_comes_once_on_each_day_whatever_the_clocks_do(
    zone: ZoneInfo, hour: int, minute: int, first: date
) -> None:
    moment, days = datetime(first.year, first.month, first.day, tzinfo=zone) - timedelta(seconds=1), []
    for _ in range(DAYS):
        moment = next_slot(f"{minute} {hour} * * *", zone, moment)
        days.append(moment.astimezone(zone).date())
    assert days == [first + timedelta(days=number) for number in range(DAYS)]


# Leaps of the clock


def test_a_small_step_back_over_a_slot_does_not_bring_it_again() -> None:
    ran = at("2026-03-02T03:00:05+00:00")
    assert next_run("0 3 * * *", UTC, now=at("2026-03-02T02:59:50+00:00"), last_run_at=ran) == at(
        "2026-03-03T03:00+00:00"
    )
    assert next_run("* * * * *", UTC, now=at("2026-03-02T02:50:50+00:00"), last_run_at=ran) == at(
        "2026-03-02T03:01+00:00"
    )


def test_a_step_of_hours_back_does_not_bring_the_day_s_slot_again_nor_silence_the_minutes() -> None:
    ran, now = at("2026-03-02T03:00:05+00:00"), at("2026-03-01T23:10+00:00")
    assert next_run("0 3 * * *", UTC, now=now, last_run_at=ran) == at("2026-03-03T03:00+00:00")
    assert next_run("* * * * *", UTC, now=now, last_run_at=ran) == at("2026-03-01T23:11+00:00")


def test_a_run_in_a_year_that_has_not_come_silences_nothing() -> None:
    ran, now = at("2036-03-02T03:00:05+00:00"), at("2026-03-02T12:00+00:00")
    assert next_run("0 3 * * *", UTC, now=now, last_run_at=ran) == at("2026-03-03T03:00+00:00")


def test_one_slot_missed_is_told_from_several() -> None:
    slot = at("2026-03-02T03:00+00:00")
    assert not missed_several("0 3 * * *", UTC, slot=slot, now=at("2026-03-03T02:59+00:00"))
    assert missed_several("0 3 * * *", UTC, slot=slot, now=at("2026-03-03T03:00+00:00"))


@settings(deadline=None)
@given(
    cron=st.sampled_from(CRONS),
    start=MOMENTS,
    leaps=st.lists(st.tuples(st.floats(0, 200), st.floats(-1, 1)), max_size=30),
)
def test_no_slot_is_served_twice_by_a_clock_that_is_put_back_by_less_than_an_hour(
    cron: str, start: datetime, leaps: list[tuple[float, float]]
) -> None:
    now, ran, served = start, None, []
    upcoming = next_run(cron, BERLIN, now=now, last_run_at=ran)
    for hours, leap in leaps:
        now += timedelta(hours=hours)
        if upcoming <= now:
            served.append(upcoming)
            ran = now
        now += timedelta(hours=leap)
        upcoming = next_run(cron, BERLIN, now=now, last_run_at=ran)
    assert served == sorted(set(served))


@settings(deadline=None)
@given(cron=st.sampled_from(CRONS), now=MOMENTS, off=st.floats(-20_000, 20_000))
def test_however_wrong_the_clock_was_the_next_run_is_at_most_two_slots_or_an_hour_away(
    cron: str, now: datetime, off: float
) -> None:
    upcoming = next_run(cron, BERLIN, now=now, last_run_at=now + timedelta(hours=off))
    behind = next_slot(cron, BERLIN, next_slot(cron, BERLIN, now))
    assert now < upcoming <= max(behind, next_slot(cron, BERLIN, now + timedelta(hours=1)))
