"""Schedules over HTTP: shown, changed, run now; and what the health page says of them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from metarr.db import Database
from metarr.db.queries.schedules import TASKS, seed_schedules
from support.rows import insert


@pytest.fixture(autouse=True)
def in_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")


async def all_of(api: httpx.AsyncClient) -> dict[str, dict[str, Any]]:
    return {row["name"]: row for row in (await api.get("/api/v1/schedules")).json()["items"]}


async def jobs(db: Database) -> list[tuple[int, str, int]]:
    async with db.read() as conn:
        return [tuple(row) for row in await conn.fetch("SELECT id, kind, priority FROM job_queue ORDER BY id")]


async def test_schedules_are_shown_before_and_after_they_are_put_in(api: httpx.AsyncClient, db: Database) -> None:
    before = await all_of(api)
    assert set(before) == set(TASKS)
    async with db.transaction() as conn:
        await seed_schedules(conn)
    assert await all_of(api) == before
    assert before["sweep_cache"] == {
        "name": "sweep_cache",
        "cron": "0 3 * * 0",
        "timezone": "local",
        "enabled": True,
        "next_run_at": None,
        "last_run_at": None,
        "last_job_ids": [],
        "problem": None,
    }


async def test_a_changed_time_comes_next_as_its_zone_says(api: httpx.AsyncClient) -> None:
    answer = await api.patch("/api/v1/schedules/verify", json={"cron": " 15  4 * * * ", "timezone": "Asia/Kathmandu"})
    shown = answer.json()
    assert (shown["cron"], shown["timezone"]) == ("15 4 * * *", "Asia/Kathmandu")
    comes = datetime.fromisoformat(shown["next_run_at"])
    assert comes.astimezone(UTC).strftime("%H:%M") == "22:30"
    assert timedelta() < comes - datetime.now(UTC) < timedelta(days=1, minutes=1)
    assert (await all_of(api))["verify"] == shown


async def test_a_schedule_that_is_switched_off_has_no_next_time(api: httpx.AsyncClient) -> None:
    off = (await api.patch("/api/v1/schedules/verify", json={"enabled": False})).json()
    assert (off["enabled"], off["next_run_at"]) == (False, None)
    on = (await api.patch("/api/v1/schedules/verify", json={"enabled": True})).json()
    assert on["next_run_at"] is not None


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"cron": "at night"}, ["cron"]),
        ({"cron": "0 0 30 2 *"}, ["cron"]),
        ({"cron": None}, ["cron"]),
        ({"timezone": "Europe"}, ["timezone"]),
        ({"timezone": "../../etc/passwd"}, ["timezone"]),
        ({"cron": "* * * *", "timezone": "Mars"}, ["cron", "timezone"]),
        ({"enabled": "yes"}, ["enabled"]),
        ({"name": "scan"}, ["name"]),
    ],
)
async def test_what_cannot_be_understood_is_refused_by_name_and_nothing_changes(
    api: httpx.AsyncClient, body: dict[str, Any], fields: list[str]
) -> None:
    before = (await api.patch("/api/v1/schedules/verify", json={})).json()
    answer = await api.patch("/api/v1/schedules/verify", json=body)
    assert (answer.status_code, [error["field"] for error in answer.json()["errors"]]) == (400, fields)
    assert (await all_of(api))["verify"] == before


@pytest.mark.parametrize("verb", ["PATCH", "POST"])
async def test_an_unknown_schedule_is_not_found(api: httpx.AsyncClient, verb: str) -> None:
    path = "/api/v1/schedules/polish" + ("/run" if verb == "POST" else "")
    assert (await api.request(verb, path, json={})).status_code == 404


async def test_run_now_puts_its_job_in_front_and_keeps_the_next_time(api: httpx.AsyncClient, db: Database) -> None:
    before = (await api.patch("/api/v1/schedules/prune_history", json={})).json()
    answer = await api.post("/api/v1/schedules/prune_history/run")
    ((job, kind, priority),) = await jobs(db)
    assert (answer.status_code, answer.json()) == (202, {"job_ids": [job]})
    assert (kind, priority) == ("PruneHistory", 2)
    after = (await all_of(api))["prune_history"]
    assert (after["last_job_ids"], after["next_run_at"]) == ([job], before["next_run_at"])
    assert after["last_run_at"] is not None


async def test_run_now_twice_is_one_job_while_it_waits(api: httpx.AsyncClient, db: Database) -> None:
    first = (await api.post("/api/v1/schedules/sweep_cache/run")).json()
    assert (await api.post("/api/v1/schedules/sweep_cache/run")).json() == first
    assert len(await jobs(db)) == 1


async def test_a_person_scans_all_libraries_that_are_on_however_fresh(api: httpx.AsyncClient, db: Database) -> None:
    async with db.transaction() as conn:
        for number, enabled in ((1, True), (2, True), (3, False)):
            values = {"name": "Films", "path": f"/films{number}", "type": "movie", "enabled": enabled}
            await insert(conn, "libraries", **values, last_scan_at=datetime.now(UTC))
    assert len((await api.post("/api/v1/schedules/scan/run")).json()["job_ids"]) == 2


async def health(api: httpx.AsyncClient) -> dict[str, Any]:
    checks = (await api.get("/api/v1/system/health")).json()["checks"]
    return next(check for check in checks if check["name"] == "schedules")


async def test_health_names_a_schedule_that_cannot_be_understood(api: httpx.AsyncClient, db: Database) -> None:
    async with db.transaction() as conn:
        await seed_schedules(conn)
    assert (await health(api))["state"] == "ok"
    async with db.transaction() as conn:
        await conn.execute("UPDATE schedules SET timezone = 'Mars' WHERE name = 'verify'")
    check = await health(api)
    assert check["state"] == "warning"
    assert check["message"].startswith("verify: timezone 'Mars' must be")
    assert (await all_of(api))["verify"]["problem"].startswith("timezone 'Mars'")
    await api.patch("/api/v1/schedules/verify", json={"timezone": "UTC"})
    assert (await health(api))["state"] == "ok"


async def test_health_says_when_nobody_serves_the_schedules(api: httpx.AsyncClient, db: Database) -> None:
    async with db.transaction() as conn:
        await seed_schedules(conn)
        await conn.execute("UPDATE schedules SET next_run_at = now() - interval '6 minutes' WHERE name = 'verify'")
    assert (await health(api))["message"] == "nobody serves verify, whose time has come"
