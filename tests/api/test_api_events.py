"""Server-sent events over a real connection: live, resumed without a gap, over outages, ended by the service."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from metarr.bus import Bus
from metarr.db import Database
from metarr.messages import subjects
from metarr.messages.facts import ItemDeleted, ItemPublished
from metarr.runtime.work import Progress
from metarr_api.tools import Tools
from support.api import KEY, make_tools, served
from support.waiting import eventually


class Events:
    """The events of one open stream, one after the other."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self._lines = response.aiter_lines()

    async def next(self) -> dict[str, Any]:
        """The next event that is not a comment; {} when the stream has ended."""
        event: dict[str, Any] = {}
        async with asyncio.timeout(15):
            async for line in self._lines:
                if not line and "data" in event:
                    return event
                name, _, value = line.partition(": ")
                if name in ("id", "event"):
                    event[name] = value
                elif name == "data":
                    event["data"] = json.loads(value)
        return {}


@asynccontextmanager
async def listening(address: str, **headers: str) -> AsyncIterator[Events]:
    async with (
        httpx.AsyncClient(headers={"x-api-key": KEY, **headers}, timeout=20) as client,
        client.stream("GET", f"{address}/api/v1/events") as response,
    ):
        yield Events(response)


@pytest.fixture
async def address(tools: Tools, bus: Bus) -> AsyncIterator[str]:
    await tools.live.listen(bus)
    async with served(tools) as url:
        yield url


async def tell(bus: Bus, number: int) -> None:
    fact = ItemPublished(entity_type="movie", entity_id=number, written=("movie.nfo",))
    await bus.publish_facts([(subjects.fact(fact), msgspec.json.encode(fact), f"told {number}", None)])


async def test_facts_arrive_with_their_name_and_their_place(address: str, bus: Bus) -> None:
    async with listening(address) as events:
        for number in (1, 2):
            await tell(bus, number)
        first, second = await events.next(), await events.next()
    assert events.response.headers["content-type"].startswith("text/event-stream")
    assert (first["event"], first["data"]["entity_id"], first["data"]["written"]) == ("ItemPublished", 1, ["movie.nfo"])
    assert (second["data"]["entity_id"], int(second["id"])) == (2, int(first["id"]) + 1)


async def test_what_was_told_before_is_not_told_again(address: str, bus: Bus) -> None:
    await tell(bus, 1)
    async with listening(address) as events:
        await tell(bus, 2)
        assert (await events.next())["data"]["entity_id"] == 2


async def test_a_stream_goes_on_behind_the_last_event_seen_without_a_gap(address: str, bus: Bus) -> None:
    async with listening(address) as events:
        await tell(bus, 1)
        seen = (await events.next())["id"]
    for number in (2, 3):
        await tell(bus, number)
    async with listening(address, **{"last-event-id": seen}) as events:
        await tell(bus, 4)
        again = [(await events.next())["data"]["entity_id"] for _ in range(3)]
    async with (
        httpx.AsyncClient(headers={"x-api-key": KEY}) as client,
        client.stream("GET", f"{address}/api/v1/events", params={"last_event_id": seen}) as response,
    ):
        by_address = (await Events(response).next())["data"]["entity_id"]
    assert (again, by_address) == ([2, 3, 4], 2)


async def test_progress_comes_without_a_place(address: str, bus: Bus) -> None:
    said = Progress(job_id=7, kind="ScanLibrary", done=1, total=2, doing="walking")
    async with listening(address) as events:
        await bus.say_progress(7, msgspec.json.encode(said))
        event = await events.next()
    assert event == {"event": "progress", "data": msgspec.to_builtins(said)}


async def test_an_edit_over_http_is_an_event(address: str, bus: Bus, tools: Tools, db: Database) -> None:
    relay = asyncio.create_task(tools.relay.run())
    async with db.read() as conn:
        await conn.execute("INSERT INTO libraries (name, path, type) VALUES ('F', '/f', 'movie')")
        await conn.execute("INSERT INTO movies (library_id, file_path, file_name, title) VALUES (1, 'a', 'a', 'A')")
    async with listening(address) as events, httpx.AsyncClient(headers={"x-api-key": KEY}) as client:
        await client.delete(f"{address}/api/v1/movies/1")
        event = await events.next()
    relay.cancel()
    await asyncio.gather(relay, return_exceptions=True)
    assert (event["event"], event["data"]["entity_id"]) == (ItemDeleted.__name__, 1)


async def test_an_event_id_of_an_odd_form_is_refused(api: httpx.AsyncClient) -> None:
    for wrong in ("abc", "-1", "1.5", "9" * 30):
        answer = await api.get("/api/v1/events", headers={"last-event-id": wrong})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "Last-Event-ID")


async def test_open_streams_end_when_the_service_stops(tools: Tools, bus: Bus) -> None:
    async with served(tools) as url, listening(url) as events:
        await tell(bus, 1)
        first = await events.next()
        tools.stopping.set()
        end = await events.next()
    assert (first["event"], end) == ("ItemPublished", {})


async def test_a_client_that_leaves_leaves_nothing_behind(address: str, tools: Tools) -> None:
    async with listening(address):
        await eventually(lambda: tools.live.listener_count == 1, what="the stream is open")
    await eventually(lambda: tools.live.listener_count == 0, what="the stream is gone")
    assert tools.live.listener_count == 0


async def test_without_the_broker_there_is_a_problem_instead_of_a_stream(db: Database, tmp_path: Path) -> None:
    async with Bus("nats://127.0.0.1:9", name="nobody") as bus:
        tools = make_tools(db, bus, tmp_path / "data")
        async with served(tools) as url, httpx.AsyncClient(headers={"x-api-key": KEY}) as client:
            answer = await client.get(f"{url}/api/v1/events")
    assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")


async def test_a_stream_outlives_what_a_broker_forgets_when_it_starts_again(address: str, bus: Bus) -> None:
    async with listening(address) as events:
        await tell(bus, 1)
        first = (await events.next())["data"]["entity_id"]
        await _lose_consumers(bus)
        await tell(bus, 2)
        assert (first, (await events.next())["data"]["entity_id"]) == (1, 2)


async def _lose_consumers(bus: Bus) -> None:
    """They live in the broker's memory."""
    context = await bus.stream()
    for consumer in await context.consumers_info(subjects.EVENT_STREAM):
        assert consumer.name is not None
        await context.delete_consumer(subjects.EVENT_STREAM, consumer.name)
