"""Facts on their way from the outbox to the stream: none is lost with the broker, and none stops the others."""

import asyncio
import contextlib
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from metarr.bus import Bus
from metarr.db import Database
from metarr.db.queries.outbox import Outgoing, store_facts
from metarr.messages import subjects
from metarr.runtime import Relay, SystemClock
from metarr_local import nats
from support.servers import running, scratch
from support.waiting import eventually, soon

OUTBOX = "SELECT subject, undeliverable FROM event_outbox ORDER BY id"
TOO_LARGE = b'"' + b"x" * 1_100_000 + b'"'


async def store(db: Database, *said: tuple[int, bytes]) -> tuple[Outgoing, ...]:
    """Facts that were left behind."""
    async with db.transaction() as conn:
        facts = await store_facts(conn, [(f"metarr.events.movie.ItemPublished.{n}", data) for n, data in said], None)
        await conn.execute("UPDATE event_outbox SET created_at = now() - interval '1 minute'")
    return facts


async def outbox(db: Database) -> list[tuple[Any, ...]]:
    async with db.read() as conn:
        return [tuple(row) for row in await conn.fetch(OUTBOX)]


async def stored(bus: Bus) -> int:
    context = await bus.stream()
    return (await context.stream_info(subjects.EVENT_STREAM)).state.messages


@asynccontextmanager
async def relaying(db: Database, bus: Bus) -> AsyncIterator[Relay]:
    relay = Relay(db, bus, SystemClock())
    task = asyncio.create_task(relay.run())
    try:
        yield relay
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def test_a_fact_that_can_never_be_told_is_marked_and_stops_none_of_the_others(db: Database, bus: Bus) -> None:
    await store(db, (1, b"1"), (2, TOO_LARGE), (3, b"3"))
    relay = Relay(db, bus, SystemClock())
    assert await relay.sweep_once() == 3
    ((subject, why),) = await outbox(db)
    assert (subject, await stored(bus)) == ("metarr.events.movie.ItemPublished.2", 2)
    assert "max_payload" in why
    assert await relay.sweep_once() == 0


async def test_what_was_just_committed_is_judged_one_by_one_too(db: Database, bus: Bus) -> None:
    facts = await store(db, (1, TOO_LARGE), (2, b"2"))
    async with relaying(db, bus) as relay:
        relay.send(facts)
        await eventually(lambda: outbox_is(db, [("metarr.events.movie.ItemPublished.1", True)]), what="one is marked")
    assert await stored(bus) == 1


async def outbox_is(db: Database, wanted: list[tuple[str, bool]]) -> bool:
    return [(subject, why is not None) for subject, why in await outbox(db)] == wanted


async def test_without_the_broker_nothing_is_marked(db: Database) -> None:
    await store(db, (1, TOO_LARGE), (2, b"2"))
    async with Bus("nats://127.0.0.1:1", name="test") as bus:
        assert await Relay(db, bus, SystemClock()).sweep_once() == 0
    assert [why for _, why in await outbox(db)] == [None, None]


async def test_many_facts_are_told_soon_after_an_outage(
    db: Database, bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("metarr.runtime.relay._BATCH", 10)
    await store(db, *((number, b"1") for number in range(95)))
    relay = Relay(db, bus, OneSleep())
    task = asyncio.create_task(relay.run())
    await eventually(lambda: outbox_is(db, []), what="all are told in one sweep")
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert await stored(bus) == 95


class OneSleep(SystemClock):
    """Whoever sleeps a second time does not wake."""

    def __init__(self) -> None:
        self._slept = False

    async def sleep(self, _seconds: float) -> None:
        if self._slept:
            await asyncio.Event().wait()
        self._slept = True


async def test_a_broker_that_comes_back_without_its_store_gets_a_new_stream(db: Database, tmp_path: Path) -> None:
    with scratch() as folder:
        broker = nats.prepare(folder / "nats")
        async with Bus(broker.url, name="test") as bus:
            with broker_runs(broker, tmp_path / "log"):
                assert await bus.wait_connected(10)
                await store(db, (1, b"1"))
                assert await Relay(db, bus, SystemClock()).sweep_once() == 1
            shutil.rmtree(broker.home / "jetstream")
            facts = await store(db, (2, b"2"), (3, b"3"))
            with broker_runs(broker, tmp_path / "log"):
                async with relaying(db, bus) as relay:
                    await eventually(lambda: bus.connected, what="the bus is back")
                    relay.send(facts)
                    await eventually(lambda: outbox_is(db, []), what="the facts are told")
                assert await stored(bus) == 2


@contextlib.contextmanager
def broker_runs(broker: nats.Broker, log: Path) -> Iterator[None]:
    with running(nats.program(broker, os.environ), log):
        soon(lambda: nats.accepts(broker), timeout=30, what="NATS starts")
        yield
