"""Libraries and providers are paused and resumed over HTTP: durable, shown everywhere, and what was held goes on."""

import asyncio
from typing import Any

import httpx
import pytest

from metarr import queue
from metarr.bus import Bus
from metarr.db import Connection, Database
from metarr.messages.jobs import EnrichItem
from metarr.queue import ClaimedJob, NewJob
from metarr.runtime import new_job
from support.rows import insert, insert_movie
from support.workers import hire


async def a_library(db: Database) -> int:
    async with db.transaction() as conn:
        return await insert(conn, "libraries", name="Films", path="/films", type="movie")


async def claim(conn: Connection) -> list[ClaimedJob]:
    await hire(conn, "e", "enricher")
    return await queue.claim(conn, "enricher", ["EnrichItem"], "e", limit=9)


async def park(db: Database, scope: str, job: NewJob) -> int:
    """A job that a worker took, found paused and put back."""
    async with db.transaction() as conn:
        await queue.enqueue(conn, [job])
        (claimed,) = await claim(conn)
        await queue.put_back(conn, claimed, "paused", after=None, counts=False, held_by=scope)
        return claimed.id


def enrich(movie: int) -> NewJob:
    return new_job(EnrichItem(entity_type="movie", entity_id=movie), priority=5)


async def pauses(api: httpx.AsyncClient) -> list[tuple[str, str, str, int]]:
    rows = (await api.get("/api/v1/pauses")).json()["items"]
    return [(row["scope"], row["kind"], row["reason"], row["held"]) for row in rows]


async def test_a_paused_library_says_so_and_why_wherever_it_is_shown(api: httpx.AsyncClient, db: Database) -> None:
    number = await a_library(db)
    before = (await api.get(f"/api/v1/libraries/{number}")).json()
    paused = await api.post(f"/api/v1/libraries/{number}/pause", json={"reason": "parity check"})
    listed = (await api.get("/api/v1/libraries")).json()["items"]
    assert (before["paused"], before["pause_reason"]) == (False, None)
    assert paused.status_code == 200
    assert [paused.json()] == listed == [before | {"paused": True, "pause_reason": "parity check"}]


async def test_pausing_twice_is_one_pause_and_resuming_twice_is_harmless(api: httpx.AsyncClient, db: Database) -> None:
    number = await a_library(db)
    for reason in ("first", "second"):
        row = (await api.post(f"/api/v1/libraries/{number}/pause", json={"reason": reason})).json()
    assert (row["paused"], row["pause_reason"], len(await pauses(api))) == (True, "first", 1)
    answers = [await api.post(f"/api/v1/libraries/{number}/resume") for _ in range(2)]
    assert [(a.status_code, a.json()["paused"]) for a in answers] == [(200, False)] * 2


async def test_a_paused_provider_says_so_and_why_wherever_it_is_shown(api: httpx.AsyncClient) -> None:
    paused = (await api.post("/api/v1/providers/tmdb/pause")).json()
    listed = {row["provider_name"]: row for row in (await api.get("/api/v1/providers")).json()["items"]}
    edited = (await api.patch("/api/v1/providers/tmdb", json={"priority": 1})).json()
    assert (paused["paused"], paused["pause_reason"]) == (True, "paused by a person")
    assert listed["tmdb"] == paused
    assert (edited["paused"], edited["pause_reason"]) == (True, "paused by a person")
    assert (listed["omdb"]["paused"], listed["omdb"]["pause_reason"]) == (False, None)
    resumed = (await api.post("/api/v1/providers/tmdb/resume")).json()
    assert (resumed["paused"], resumed["pause_reason"]) == (False, None)


async def test_all_pauses_are_listed_with_what_they_hold(api: httpx.AsyncClient, db: Database) -> None:
    number = await a_library(db)
    await api.post("/api/v1/queues/enricher/pause", json={"reason": "night"})
    async with db.transaction() as conn:
        await queue.enqueue(conn, [enrich(1), enrich(2)])
    await api.post("/api/v1/queues/enricher/resume")
    await api.post("/api/v1/providers/tmdb/pause", json={"reason": "key"})
    async with db.transaction() as conn:
        for job in await claim(conn):
            await queue.put_back(conn, job, "tmdb is paused", after=None, counts=False, held_by="provider:tmdb")
    await api.post("/api/v1/queues/enricher/pause", json={"reason": "night"})
    async with db.transaction() as conn:
        await queue.enqueue(conn, [enrich(3)])
    await api.post(f"/api/v1/libraries/{number}/pause", json={"reason": "disk"})
    assert await pauses(api) == [
        (f"library:{number}", "library", "disk", 0),
        ("provider:tmdb", "provider", "key", 2),
        ("service:enricher", "service", "night", 1),
    ]


@pytest.mark.parametrize("path", ["libraries/99", "providers/imdb"])
@pytest.mark.parametrize("verb", ["pause", "resume"])
async def test_what_does_not_exist_cannot_be_paused(api: httpx.AsyncClient, path: str, verb: str) -> None:
    answer = await api.post(f"/api/v1/{path}/{verb}")
    assert (answer.status_code, await pauses(api)) == (404, [])


@pytest.mark.parametrize("scope", ["library:1", "provider:tmdb"])
async def test_what_a_pause_held_goes_on_at_once_and_its_service_is_rung(
    api: httpx.AsyncClient, db: Database, bus: Bus, scope: str
) -> None:
    assert await a_library(db) == 1
    path = scope.replace("library:", "libraries/").replace("provider:", "providers/")
    await api.post(f"/api/v1/{path}/pause")
    held = await park(db, scope, enrich(1))
    rung = asyncio.Event()

    async def hear(_subject: str, _data: bytes) -> None:
        rung.set()

    await bus.listen("metarr.jobs.enricher", hear)
    assert (await api.post(f"/api/v1/{path}/resume")).json()["paused"] is False
    async with db.transaction() as conn:
        assert [job.id for job in await claim(conn)] == [held]
    await asyncio.wait_for(rung.wait(), 10)


async def test_a_pause_goes_with_its_library_and_lets_go_of_what_it_held(api: httpx.AsyncClient, db: Database) -> None:
    number = await a_library(db)
    async with db.transaction() as conn:
        movie = await insert_movie(conn, number)
    await api.post(f"/api/v1/libraries/{number}/pause")
    held = await park(db, f"library:{number}", enrich(movie))
    assert (await api.delete(f"/api/v1/libraries/{number}")).status_code == 204
    async with db.transaction() as conn:
        assert [job.id for job in await claim(conn)] == [held]
    assert await pauses(api) == []


async def test_a_reason_of_another_form_is_refused(api: httpx.AsyncClient, db: Database) -> None:
    number = await a_library(db)
    wrong: list[Any] = [{"reason": 7}, {"why": "x"}, {"reason": "x" * 501}, []]
    answers = [await api.post(f"/api/v1/libraries/{number}/pause", json=body) for body in wrong]
    assert ([answer.status_code for answer in answers], await pauses(api)) == ([400] * 4, [])
