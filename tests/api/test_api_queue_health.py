"""What health says of the queue: each thing that is not as it should be, with what to do about it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import asyncpg
import httpx
import pytest

from metarr import queue
from metarr.db import Connection, Database
from metarr.runtime import VERSION
from metarr_api import queue_checks
from metarr_api.tools import Tools
from support.api import client_of
from support.clock import LeapingClock
from support.rows import insert

FAILED = """
INSERT INTO job_queue (kind, service, job_type, payload, status, completed_at, error_message)
VALUES ($1, 'publisher', 'publish', '{}', 'failed', now() - $2::interval, $3)
"""
FACT = (
    "INSERT INTO event_outbox (subject, message_id, payload, undeliverable, created_at) VALUES ('s', $1, '{}', $2, $3)"
)


async def found(api: httpx.AsyncClient) -> dict[str, dict[str, Any]]:
    report = (await api.get("/api/v1/system/health")).json()
    return {check["name"]: check for check in report["checks"]}


async def a_worker(conn: Connection, name: str, version: str = VERSION) -> None:
    await queue.register(conn, name, name=name, service="cache", host="h", pid=1, version=version, kinds=[])


async def test_every_pause_is_reported_with_the_way_to_end_it(api: httpx.AsyncClient, db: Database) -> None:
    async with db.transaction() as conn:
        await insert(conn, "libraries", name="Films", path="/films", type="movie")
        for scope in ("service:cache", "library:1", "provider:tmdb"):
            await queue.pause(conn, scope, "night")
    checks = await found(api)
    said = {name: checks[name] for name in ("queue cache", "pause library:1", "pause provider:tmdb")}
    assert {check["message"] for check in said.values()} == {"paused: night; 0 jobs wait"}
    for check in said.values():
        assert (await api.post(check["remedy"].removeprefix("POST "))).status_code == 200
    assert not said.keys() & (await found(api)).keys()


async def test_what_failed_in_the_last_day_is_summed_up(api: httpx.AsyncClient, db: Database) -> None:
    async with db.transaction() as conn:
        for kind, hours, reason in [
            ("PublishItem", 2, "older"),
            ("PublishItem", 1, "the disk is full"),
            ("EnrichItem", 1, None),
            ("EnrichItem", 25, "yesterday"),
        ]:
            await conn.execute(FAILED, kind, timedelta(hours=hours), reason)
    check = (await found(api))["failed jobs"]
    assert check["message"] == "in the last day: 2 PublishItem (the disk is full); 1 EnrichItem (no reason is known)"
    assert "retry" in check["remedy"]


async def test_of_many_kinds_that_fail_the_worst_are_named(api: httpx.AsyncClient, db: Database) -> None:
    async with db.transaction() as conn:
        for number in range(5):
            await conn.execute(FAILED, f"Kind{number}", timedelta(hours=1), "x")
    assert (await found(api))["failed jobs"]["message"].endswith("1 Kind2 (x); 2 of other kinds")


async def test_a_worker_of_another_version_is_named(api: httpx.AsyncClient, db: Database) -> None:
    async with db.transaction() as conn:
        await a_worker(conn, "new")
        await a_worker(conn, "old", "0.0.1")
    check = (await found(api))["versions"]
    assert check["message"] == f"this is {VERSION}, but old is 0.0.1"


async def test_workers_that_fell_silent_are_counted(api: httpx.AsyncClient, db: Database) -> None:
    async with db.transaction() as conn:
        await a_worker(conn, "alive")
        await a_worker(conn, "dead")
        await conn.execute("UPDATE workers SET heartbeat_at = now() - interval '21 seconds' WHERE name = 'dead'")
    assert (await found(api))["silent workers"]["message"] == "1 not heard of for 20 seconds"


async def test_a_transaction_that_others_leave_open_is_reported(
    api: httpx.AsyncClient, db: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stranger, ours = [
        await asyncpg.connect(database_url, server_settings={"application_name": name})
        for name in ("a reporting tool", "metarr-scanner")
    ]
    transactions = [connection.transaction() for connection in (stranger, ours)]
    for transaction in transactions:
        await transaction.start()
    not_yet = await found(api)
    monkeypatch.setattr(queue_checks, "LONG_TRANSACTION", timedelta())
    pid = stranger.get_server_pid()
    (name,) = [name for name in await found(api) if name.startswith("transaction ")]
    check = (await found(api))[name]
    for connection in (stranger, ours):
        await connection.close()
    assert not any(name.startswith("transaction ") for name in not_yet)
    assert (name, check["message"].partition(" open")[0]) == (
        f"transaction {pid}",
        "a reporting tool has a transaction",
    )
    assert f"pg_terminate_backend({pid})" in check["remedy"]


@pytest.mark.parametrize(("leap", "says"), [(-120, "ahead of"), (120, "behind"), (50, None)])
async def test_clocks_that_are_apart_are_reported(tools: Tools, leap: int, says: str | None) -> None:
    clock = LeapingClock()
    clock.leap(leap)
    async with client_of(replace(tools, clock=clock)) as api:
        check = (await found(api)).get("clock")
    assert (check and f" {says} " in check["message"]) == (says and True)


async def test_facts_that_can_never_be_told_are_reported_apart_from_those_that_wait(
    api: httpx.AsyncClient, db: Database
) -> None:
    async with db.transaction() as conn:
        now = await conn.fetchval("SELECT now()")
        await conn.execute(FACT, "a", "it is too large", now - timedelta(hours=1))
        await conn.execute(FACT, "b", None, now - timedelta(minutes=1))
        await conn.execute(FACT, "c", None, now)
    checks = await found(api)
    assert checks["events"]["message"] == "1 facts wait to be told"
    assert checks["undeliverable events"]["message"] == (
        "1 facts can never be told to listeners; of the last one: it is too large"
    )


async def test_a_queue_without_trouble_has_nothing_to_say(api: httpx.AsyncClient, db: Database) -> None:
    async with db.transaction() as conn:
        await a_worker(conn, "cache")
        await conn.execute(FAILED, "EnrichItem", timedelta(days=2), "long ago")
    names = set(await found(api))
    assert not names & {"failed jobs", "versions", "silent workers", "clock", "events", "undeliverable events"}
    assert not any(name.startswith(("queue ", "pause ", "transaction ")) for name in names)
