"""When a schedule's time comes: cron expressions on the wall clock of a zone, and what a leap of the clock does to them.

A slot is a moment at which an expression matches the wall clock. Where clocks are put forward, slots that the wall clock
leaves out come at the moment of the change. Where they are put back, a slot comes at the first of its two times alone, unless
the expression names every hour: that one goes on hour by hour.

What ran at R has done every slot up to R. After a clock was put back, R may lie ahead: the slots up to R stay done when R is less
than TRUSTED away, or when there is none between the next one and R. Any other R was the time of a clock that was wrong, and the
schedule goes on from now. So a small step back runs nothing twice, and a year too far ahead silences nothing.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo

from croniter import CroniterError, croniter

from metarr.errors import Invalid

TRUSTED = timedelta(hours=1)
LONGEST_CRON = 100
"""Characters."""

_YEARS = 8
"""29 February comes after eight years at the latest; what does not come in that time never does."""
_LONGEST_OVERLAP = timedelta(hours=3)
"""No zone has put its clocks back by more since cron exists."""

_NUMBERS = r"[0-9*/,\-]+"
_MONTHS = r"(?:[0-9*/,\-]|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)+"
_WEEKDAYS = r"(?:[0-9*/,\-]|sun|mon|tue|wed|thu|fri|sat)+"
_FORM = re.compile(rf"({_NUMBERS}) ({_NUMBERS}) ({_NUMBERS}) ({_MONTHS}) ({_WEEKDAYS})", re.IGNORECASE)


def check_cron(text: str) -> str:
    """The expression in its plain form: minute, hour, day, month and weekday, with single blanks between.

    Raises Invalid, with the reason in words, for what is no such expression or never comes.
    """
    cron = " ".join(text.split())
    if len(cron) > LONGEST_CRON or not _FORM.fullmatch(cron):
        raise Invalid("must have five fields: minute hour day month weekday, as in 30 3 * * *")
    try:
        next(_walls(cron, datetime(2024, 1, 1, tzinfo=UTC).replace(tzinfo=None)))
    except CroniterError as wrong:
        raise Invalid(f"is no time that comes: {wrong}") from wrong
    return cron


def next_run(cron: str, zone: tzinfo, *, now: datetime, last_run_at: datetime | None) -> datetime:
    """The slot that comes next for a schedule that ran at `last_run_at`. Times are aware; the answer is in UTC."""
    slot = next_slot(cron, zone, now)
    if last_run_at is None or last_run_at < slot:
        return slot
    if last_run_at - now <= TRUSTED or next_slot(cron, zone, slot) > last_run_at:
        return next_slot(cron, zone, last_run_at)
    return slot


def missed_several(cron: str, zone: tzinfo, *, slot: datetime, now: datetime) -> bool:
    """Whether another slot has passed since `slot`: nobody was here for long, or the clock has leapt."""
    return next_slot(cron, zone, slot) <= now


def next_slot(cron: str, zone: tzinfo, after: datetime) -> datetime:
    """The first slot behind `after` (aware), in UTC. `cron` is one that `check_cron` has passed."""
    wall = after.astimezone(zone).replace(tzinfo=None)
    slots = (_moment(time, zone) for time in _walls(cron, wall))
    first = next(slot for slot in slots if slot > after)
    if cron.split()[1] != "*":
        return first
    return _in_second_pass(cron, zone, after, first) or first


def _walls(cron: str, after: datetime) -> Iterator[datetime]:
    """The times that match, behind `after`, as a wall clock without changes would show them."""
    times = croniter(cron, after, ret_type=datetime, max_years_between_matches=_YEARS)
    while True:
        yield times.get_next()


def _moment(wall: datetime, zone: tzinfo) -> datetime:
    """When the wall clock shows this time first; the moment of the change when it never does."""
    moment = wall.replace(tzinfo=zone).astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) == wall:
        return moment
    return _change(wall.replace(tzinfo=zone, fold=1).astimezone(UTC), moment, zone)


def _change(before: datetime, behind: datetime, zone: tzinfo) -> datetime:
    """The moment between two at which the zone's offset changes; to the second."""
    old = before.astimezone(zone).utcoffset()
    while behind - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=int((behind - before).total_seconds()) // 2)
        if middle.astimezone(zone).utcoffset() == old:
            before = middle
        else:
            behind = middle
    return behind


def _in_second_pass(cron: str, zone: tzinfo, after: datetime, first: datetime) -> datetime | None:
    """A slot before `first` that the wall clock shows for the second time; None far from a change, as nearly always."""
    offsets = {(after - _LONGEST_OVERLAP).astimezone(zone).utcoffset(), after.astimezone(zone).utcoffset()}
    if offsets == {first.astimezone(zone).utcoffset()}:
        return None
    end = first.astimezone(zone).replace(tzinfo=None)
    for wall in _walls(cron, after.astimezone(zone).replace(tzinfo=None) - _LONGEST_OVERLAP):
        again = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
        shown = again.astimezone(zone)
        if shown.replace(tzinfo=None) == wall and shown.fold == 1 and after < again < first:
            return again
        if wall >= end:
            return None
    return None
