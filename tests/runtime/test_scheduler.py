"""Schedules on a real queue: what comes by the clock, once, whatever is killed, set or switched off."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from metarr.bus import Bus
from metarr.db import Database
from metarr.db.queries.schedules import TASKS, TURN
from metarr.messages.facts import AnyFact, HouseworkFellDue
from metarr.runtime.scheduler import TICK_SECONDS, Scheduler
from support.clock import ManualClock
from support.waiting import eventually

MORNING = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
NIGHT = datetime(2026, 3, 3, 4, 0, 5, tzinfo=UTC)
"""Behind the slot of prune_history."""


class Nights:
    """A scheduler whose zone is UTC, and a look at what it did."""

    def __init__(self, db: Database, bus: Bus, clock: ManualClock) -> None:
        self.db = db
        self.scheduler = Scheduler(db, bus, clock)

    async def look(self, now: datetime) -> list[str]:
        """One look at this time; the kinds that were put in the line."""
        recorded = await self.scheduler.run_due(now)
        ids = [job.id for one in recorded for job in one.jobs]
        return [
            row["kind"] for row in await self.fetch("SELECT kind FROM job_queue WHERE id = ANY($1) ORDER BY id", ids)
        ]

    async def fetch(self, statement: str, *arguments: Any) -> list[dict[str, Any]]:
        async with self.db.read() as conn:
            return [dict(row) for row in await conn.fetch(statement, *arguments)]

    async def schedule(self, name: str) -> dict[str, Any]:
        (row,) = await self.fetch("SELECT * FROM schedules WHERE name = $1", name)
        return row

    async def only(self, *names: str) -> None:
        """Switch all others off."""
        await self.fetch("UPDATE schedules SET enabled = false WHERE name <> ALL($1::text[])", list(names))

    async def finish_all(self) -> None:
        await self.fetch("UPDATE job_queue SET status = 'completed', completed_at = now(), ready_seq = NULL")

    async def library(self, **columns: Any) -> int:
        values = {"name": "Films", "path": "/films", "type": "movie", "created_at": MORNING, **columns}
        names, places = ", ".join(values), ", ".join(f"${place}" for place in range(1, len(values) + 1))
        (row,) = await self.fetch(f"INSERT INTO libraries ({names}) VALUES ({places}) RETURNING id", *values.values())
        return int(row["id"])


@pytest.fixture
async def nights(db: Database, bus: Bus, clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> Nights:
    """At the first look, in the morning, all tasks are put in and nothing is due."""
    monkeypatch.setenv("TZ", "UTC")
    found = Nights(db, bus, clock)
    assert await found.look(MORNING) == []
    return found


async def test_all_tasks_are_put_in_with_their_next_time_and_none_runs_at_once(nights: Nights) -> None:
    rows = await nights.fetch("SELECT name, next_run_at, last_run_at FROM schedules")
    assert {row["name"] for row in rows} == set(TASKS)
    assert all(row["next_run_at"] > MORNING and row["last_run_at"] is None for row in rows)


async def test_at_its_time_a_task_s_job_stands_in_line_in_the_background_and_the_schedule_moves_on(
    nights: Nights,
) -> None:
    await nights.only("prune_history")
    assert await nights.look(NIGHT) == ["PruneHistory"]
    (job,) = await nights.fetch("SELECT id, priority, status, service FROM job_queue")
    assert (job["priority"], job["status"], job["service"]) == (10, "pending", "scanner")
    row = await nights.schedule("prune_history")
    assert (row["last_run_at"], row["last_job_ids"]) == (NIGHT, [job["id"]])
    assert row["next_run_at"] == datetime(2026, 3, 4, 4, 0, tzinfo=UTC)


async def test_that_a_time_has_come_is_a_fact_as_any_other(nights: Nights) -> None:
    await nights.only("prune_history")
    await nights.look(NIGHT)
    (told,) = await nights.fetch("SELECT subject, payload FROM event_outbox")
    assert told["subject"] == "metarr.events.house.HouseworkFellDue.0"
    assert msgspec.convert(told["payload"], AnyFact) == HouseworkFellDue(task="prune_history")


async def test_a_slot_is_served_once(nights: Nights) -> None:
    await nights.only("prune_history")
    await nights.look(NIGHT)
    await nights.finish_all()
    assert await nights.look(NIGHT) == []
    assert await nights.look(NIGHT + timedelta(hours=23)) == []


async def test_several_that_look_at_the_same_time_serve_it_once(nights: Nights, db: Database, bus: Bus) -> None:
    await nights.only("prune_history")
    others = [Nights(db, bus, ManualClock()) for _ in range(4)]
    served = await asyncio.gather(*(one.look(NIGHT) for one in (nights, *others)))
    await nights.finish_all()
    assert sorted(served) == [[], [], [], [], ["PruneHistory"]]
    assert await nights.look(NIGHT) == []


async def test_who_finds_another_one_at_work_does_nothing(nights: Nights) -> None:
    await nights.only("prune_history")
    async with nights.db.transaction() as other:
        await other.execute("SELECT pg_advisory_xact_lock($1)", TURN)
        assert await nights.look(NIGHT) == []
    assert await nights.look(NIGHT) == ["PruneHistory"]


async def test_who_dies_before_the_commit_has_done_nothing(nights: Nights, monkeypatch: pytest.MonkeyPatch) -> None:
    await nights.only("prune_history")

    async def dies(*_: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as broken:
        broken.setattr("metarr.runtime.scheduler.set_jobs", dies)
        with pytest.raises(ZeroDivisionError):
            await nights.look(NIGHT)
    assert await nights.fetch("SELECT id FROM job_queue UNION SELECT id FROM event_outbox") == []
    assert await nights.look(NIGHT) == ["PruneHistory"]


async def test_missed_runs_become_one(nights: Nights) -> None:
    await nights.only("refresh")
    assert await nights.look(MORNING + timedelta(days=9)) == ["RefreshItems"]
    await nights.finish_all()
    assert await nights.look(MORNING + timedelta(days=9, minutes=1)) == []
    assert (await nights.schedule("refresh"))["next_run_at"] == datetime(2026, 3, 12, 2, 0, tzinfo=UTC)


async def test_what_deletes_makes_up_for_one_night_but_waits_for_its_time_after_several(nights: Nights) -> None:
    await nights.only("purge_trash")
    assert await nights.look(MORNING + timedelta(days=1)) == ["PurgeDeleted"]
    await nights.finish_all()
    assert await nights.look(MORNING + timedelta(days=9)) == []
    row = await nights.schedule("purge_trash")
    assert row["next_run_at"] == datetime(2026, 3, 12, 3, 30, tzinfo=UTC)
    assert await nights.look(row["next_run_at"]) == ["PurgeDeleted"]


async def test_a_clock_that_was_ten_years_ahead_neither_deletes_anything_nor_silences_the_house(nights: Nights) -> None:
    await nights.library(last_scan_at=MORNING)
    wrong = MORNING.replace(year=2036)
    assert await nights.look(wrong) == ["RecountReferences", "RefreshItems", "ScanLibrary", "VerifyLibrary"]
    await nights.finish_all()
    await nights.fetch("UPDATE libraries SET last_scan_at = $1", wrong)
    right = MORNING + timedelta(minutes=1)
    await nights.look(right)
    rows = await nights.fetch("SELECT name FROM schedules WHERE next_run_at > $1", right + timedelta(days=7))
    assert rows == []
    assert "PurgeDeleted" in await nights.look(NIGHT)


async def test_a_clock_that_is_put_back_over_a_slot_does_not_serve_it_again(nights: Nights) -> None:
    await nights.only("prune_history")
    await nights.look(NIGHT)
    await nights.finish_all()
    assert await nights.look(NIGHT - timedelta(minutes=5)) == []
    assert await nights.look(NIGHT) == []
    assert (await nights.schedule("prune_history"))["next_run_at"] == datetime(2026, 3, 4, 4, 0, tzinfo=UTC)


async def test_a_schedule_follows_the_zone_in_its_row(nights: Nights) -> None:
    await nights.fetch("UPDATE schedules SET timezone = 'Asia/Tokyo' WHERE name = 'prune_history'")
    await nights.look(MORNING)
    assert (await nights.schedule("prune_history"))["next_run_at"] == datetime(2026, 3, 2, 19, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("column", "value"),
    [("cron", "every night"), ("cron", "0 0 30 2 *"), ("timezone", "Nowhere/At_All"), ("timezone", "../x")],
)
async def test_a_row_that_cannot_be_understood_stands_still_and_holds_nobody_up(
    nights: Nights, column: str, value: str
) -> None:
    await nights.only("prune_history", "refresh")
    await nights.fetch(f"UPDATE schedules SET {column} = $1 WHERE name = 'prune_history'", value)
    assert await nights.look(NIGHT) == ["RefreshItems"]
    assert (await nights.schedule("prune_history"))["next_run_at"] is None


async def test_a_row_that_only_a_newer_version_knows_is_left_alone(nights: Nights) -> None:
    await nights.fetch("INSERT INTO schedules (name, cron, next_run_at) VALUES ('polish', '* * * * *', $1)", MORNING)
    await nights.look(NIGHT)
    assert (await nights.schedule("polish"))["next_run_at"] == MORNING


async def test_nothing_happens_on_a_schedule_that_is_switched_off_and_its_missed_times_are_not_made_up_for(
    nights: Nights,
) -> None:
    await nights.only("refresh")
    await nights.fetch("UPDATE schedules SET enabled = false")
    assert await nights.look(NIGHT) == []
    assert (await nights.schedule("refresh"))["next_run_at"] is None
    await nights.fetch("UPDATE schedules SET enabled = true WHERE name = 'refresh'")
    assert await nights.look(NIGHT) == []
    assert await nights.look(NIGHT + timedelta(days=1)) == ["RefreshItems"]


# Scans have an interval for each library


async def test_a_library_is_scanned_when_its_own_interval_is_over(nights: Nights) -> None:
    daily = await nights.library(last_scan_at=MORNING)
    hourly = await nights.library(path="/others", last_scan_at=MORNING)
    await nights.fetch("INSERT INTO app_settings VALUES ($1, '1')", f"library.{hourly}.scan.interval_hours")
    await nights.only("scan")
    assert await nights.look(MORNING + timedelta(minutes=59)) == []
    assert await nights.look(MORNING + timedelta(minutes=61)) == ["ScanLibrary"]
    assert await nights.fetch("SELECT entity_id FROM job_queue") == [{"entity_id": hourly}]
    await nights.look(MORNING + timedelta(hours=25))
    assert await nights.fetch("SELECT DISTINCT entity_id FROM job_queue ORDER BY 1") == [
        {"entity_id": daily},
        {"entity_id": hourly},
    ]


async def test_a_library_that_cannot_be_scanned_is_tried_again_after_an_hour_not_every_minute(nights: Nights) -> None:
    await nights.library(last_scan_at=MORNING - timedelta(days=9))
    await nights.only("scan")
    began = MORNING + timedelta(minutes=1)
    assert await nights.look(began) == ["ScanLibrary"]
    await nights.finish_all()
    await nights.fetch("UPDATE job_queue SET created_at = $1", began)
    assert await nights.look(began + timedelta(minutes=30)) == []
    assert await nights.look(began + timedelta(minutes=61)) == ["ScanLibrary"]


@pytest.mark.parametrize("columns", [{"enabled": False}, {"type": "tv"}, {"last_scan_at": MORNING}])
async def test_what_is_switched_off_or_fresh_or_of_another_kind_is_not_scanned(
    nights: Nights, columns: dict[str, Any]
) -> None:
    await nights.library(**columns)
    await nights.only("scan")
    assert await nights.look(MORNING + timedelta(hours=1)) == []


async def test_a_new_library_waits_for_its_person_for_ten_minutes(nights: Nights) -> None:
    await nights.library(last_scan_at=None)
    await nights.only("scan")
    assert await nights.look(MORNING + timedelta(minutes=9)) == []
    assert await nights.look(MORNING + timedelta(minutes=11)) == ["ScanLibrary"]


async def test_a_library_is_not_verified_twice_at_a_time(nights: Nights) -> None:
    await nights.library(last_scan_at=MORNING)
    await nights.only("verify")
    assert await nights.look(NIGHT) == ["VerifyLibrary"]
    assert await nights.look(NIGHT + timedelta(days=1)) == []


# The loop


async def test_the_loop_looks_again_and_again_and_survives_a_database_that_goes_away(
    nights: Nights, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    from metarr.errors import DatabaseUnavailable

    looks: list[str] = []

    async def look(*_: object) -> tuple[()]:
        looks.append("look")
        if len(looks) == 2:
            raise DatabaseUnavailable("gone")
        return ()

    monkeypatch.setattr(nights.scheduler, "run_due", look)
    stop = asyncio.Event()
    running = asyncio.create_task(nights.scheduler.run(stop))
    for count in (1, 2, 3):
        await eventually(lambda count=count: len(looks) == count and clock.sleeping == 1, what=f"look {count}")
        clock.advance(TICK_SECONDS)
    await eventually(lambda: len(looks) == 4, what="the last look")
    stop.set()
    await asyncio.wait_for(running, 5)
    assert len(looks) == 4


async def test_the_service_whose_job_it_is_hears_the_bell(nights: Nights, bus: Bus) -> None:
    rung: list[str] = []

    async def on_bell(subject: str, _data: bytes) -> None:
        rung.append(subject)

    await bus.listen("metarr.jobs.scanner", on_bell)
    await nights.only("prune_history")
    await nights.look(NIGHT)
    await eventually(lambda: rung == ["metarr.jobs.scanner"], what="the bell")
