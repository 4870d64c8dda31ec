"""Jobs and queues as a person sees them: why one waits, and what can be done."""

from datetime import UTC, datetime
from typing import Any

import httpx
import msgspec
import pytest

from metarr import queue
from metarr.db import Connection, Database
from metarr.db.queries import jobs_view
from metarr.messages.jobs import EnrichItem, PublishItem, ScanLibrary
from metarr.queue import Enqueued
from metarr.runtime import new_job
from metarr.runtime.work import Progress
from metarr_api.tools import Tools
from support.rows import insert, insert_movie


async def a_film(conn: Connection) -> int:
    library = await insert(conn, "libraries", name="Films", path="/films", type="movie")
    return await insert_movie(conn, library, title="Heat", year=1995)


async def a_worker(conn: Connection, service: str, *kinds: str) -> None:
    await queue.register(
        conn, f"{service}-1", name=f"{service}-1", service=service, host="here", pid=1, version="0", kinds=kinds
    )


async def put(conn: Connection, *jobs: Any, **more: Any) -> list[Enqueued]:
    return await queue.enqueue(conn, [new_job(job, priority=5, **more) for job in jobs])


async def shown(api: httpx.AsyncClient, number: int) -> dict[str, Any]:
    answer = await api.get(f"/api/v1/jobs/{number}")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def enrich(number: int) -> EnrichItem:
    return EnrichItem(entity_type="movie", entity_id=number)


def publish(number: int) -> PublishItem:
    return PublishItem(entity_type="movie", entity_id=number)


async def test_a_running_job_shows_how_far_it_is(api: httpx.AsyncClient, db: Database, tools: Tools) -> None:
    async with db.transaction() as conn:
        await a_worker(conn, "scanner", "ScanLibrary")
        (job,) = await put(conn, ScanLibrary(library_id=1))
        await queue.claim(conn, "scanner", ["ScanLibrary"], "scanner-1", limit=1)
    said = Progress(job_id=job.id, kind="ScanLibrary", done=3, total=9, doing="walking")
    await tools.live.hear("", msgspec.json.encode(said))
    row = await shown(api, job.id)
    assert (row["status"], row["waits_because"]) == ("running", None)
    assert row["progress"] == msgspec.to_builtins(said)


async def test_what_an_earlier_run_of_a_job_said_is_not_shown_for_the_next(
    api: httpx.AsyncClient, db: Database, tools: Tools
) -> None:
    async with db.transaction() as conn:
        await a_worker(conn, "scanner", "ScanLibrary")
        (job,) = await put(conn, ScanLibrary(library_id=1))
        (first,) = await queue.claim(conn, "scanner", ["ScanLibrary"], "scanner-1", limit=1)
    said = Progress(job_id=job.id, kind="ScanLibrary", done=3, total=9, doing="walking", attempt=1)
    await tools.live.hear("", msgspec.json.encode(said))
    during = (await shown(api, job.id))["progress"]
    async with db.transaction() as conn:
        await queue.put_back(conn, first, "again", after=None, counts=True)
    between = (await shown(api, job.id))["progress"]
    async with db.transaction() as conn:
        await queue.claim(conn, "scanner", ["ScanLibrary"], "scanner-1", limit=1)
    assert (during["done"], between, (await shown(api, job.id))["progress"]) == (3, None, None)


async def test_lists_filter_and_page_the_newest_first(api: httpx.AsyncClient, db: Database) -> None:
    async with db.transaction() as conn:
        movie = await a_film(conn)
        jobs = await put(conn, publish(movie), enrich(movie), ScanLibrary(library_id=1), publish(movie + 1))
        await conn.execute("UPDATE job_queue SET status = 'failed' WHERE id = $1", jobs[1].id)

    async def ids(**params: Any) -> list[int]:
        return [job["id"] for job in (await api.get("/api/v1/jobs", params=params)).json()["items"]]

    assert await ids() == [job.id for job in reversed(jobs)]
    assert await ids(status="failed") == [jobs[1].id]
    assert await ids(job_type="scan") == await ids(kind="ScanLibrary") == await ids(kind="scan_library") == [jobs[2].id]
    assert await ids(entity=f"movie:{movie}") == [jobs[1].id, jobs[0].id]
    assert await ids(service="publisher") == [jobs[3].id, jobs[0].id]
    assert await ids(kind="Nothing") == []
    first = (await api.get("/api/v1/jobs?limit=3")).json()
    second = (await api.get("/api/v1/jobs", params={"limit": 3, "cursor": first["next_cursor"]})).json()
    assert [job["id"] for job in second["items"]] == [jobs[0].id]
    assert (first["total"], second["next_cursor"]) == (4, None)


async def test_a_waiting_job_is_cancelled_with_those_behind_it_and_can_run_again(
    api: httpx.AsyncClient, db: Database
) -> None:
    async with db.transaction() as conn:
        movie = await a_film(conn)
        (parent,) = await put(conn, enrich(movie))
        (child,) = await put(conn, publish(movie), depends_on=(parent.id,))
    cancelled = await api.post(f"/api/v1/jobs/{parent.id}/cancel")
    again = await api.post(f"/api/v1/jobs/{parent.id}/cancel")
    below = await shown(api, child.id)
    assert (cancelled.status_code, cancelled.json()["status"], again.status_code) == (200, "cancelled", 409)
    assert (below["status"], below["error_message"]) == (
        "cancelled",
        f"job {parent.id}, which this one waited for, was cancelled",
    )
    retried = await api.post(f"/api/v1/jobs/{parent.id}/retry")
    assert (retried.status_code, retried.json()["status"], retried.json()["priority"]) == (200, "pending", 2)
    assert (await api.post(f"/api/v1/jobs/{parent.id}/retry")).status_code == 409


async def test_a_running_job_is_asked_to_stop(api: httpx.AsyncClient, db: Database) -> None:
    async with db.transaction() as conn:
        await a_worker(conn, "publisher", "PublishItem")
        (job,) = await put(conn, publish(1))
        await queue.claim(conn, "publisher", ["PublishItem"], "publisher-1", limit=1)
    row = (await api.post(f"/api/v1/jobs/{job.id}/cancel")).json()
    assert (row["status"], row["cancel_requested"]) == ("running", True)


async def test_a_job_that_does_not_exist_is_not_found(api: httpx.AsyncClient) -> None:
    for verb in ["cancel", "retry"]:
        assert (await api.post(f"/api/v1/jobs/77/{verb}")).status_code == 404


async def test_queues_show_depth_running_failed_and_rate(api: httpx.AsyncClient, db: Database) -> None:
    async with db.transaction() as conn:
        await a_worker(conn, "publisher", "PublishItem")
        jobs = await put(conn, *(publish(number) for number in range(1, 6)))
        await queue.claim(conn, "publisher", ["PublishItem"], "publisher-1", limit=1)
        for place, status in ((3, "failed"), (4, "completed")):
            await conn.execute(
                "UPDATE job_queue SET status = $2, completed_at = now() WHERE id = $1", jobs[place].id, status
            )
    rows = {row["service"]: row for row in (await api.get("/api/v1/queues")).json()["items"]}
    publisher = rows["publisher"]
    assert set(rows) == {"scanner", "enricher", "cache", "publisher"}
    assert {name: publisher[name] for name in ("depth", "ready", "running", "failed", "rate", "workers")} == {
        "depth": 2,
        "ready": 2,
        "running": 1,
        "failed": 1,
        "rate": 1,
        "workers": 1,
    }


async def test_a_line_counts_what_waits_for_a_time_a_job_or_a_pause_too(api: httpx.AsyncClient, db: Database) -> None:
    async with db.transaction() as conn:
        await a_worker(conn, "publisher", "PublishItem")
        first, *_ = await put(conn, *(publish(number) for number in range(1, 4)))
        (held, *_) = await queue.claim(conn, "publisher", ["PublishItem"], "publisher-1", limit=1)
        await queue.put_back(conn, held, "paused", after=None, counts=False, held_by="library:1")
        await conn.execute("UPDATE job_queue SET created_at = '2020-01-01' WHERE id = $1", first.id)
        await put(conn, publish(4), run_at=datetime(2099, 1, 1, tzinfo=UTC))
        await put(conn, publish(5), depends_on=(first.id,))
        await put(conn, enrich(1))
        await queue.pause(conn, "library:1", "disk")
    rows = {row["service"]: row for row in (await api.get("/api/v1/queues")).json()["items"]}
    assert {name: (row["depth"], row["ready"]) for name, row in rows.items()} == {
        "scanner": (0, 0),
        "enricher": (1, 1),
        "cache": (0, 0),
        "publisher": (5, 2),
    }
    assert rows["publisher"]["oldest_waiting_at"] == "2020-01-01T00:00:00Z"
    assert rows["scanner"]["oldest_waiting_at"] is None


async def test_nothing_is_counted_for_ever(
    api: httpx.AsyncClient, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs_view, "MOST_COUNTED", 3)
    async with db.transaction() as conn:
        await put(conn, *(publish(number) for number in range(1, 6)))
    depths = {row["service"]: row["depth"] for row in (await api.get("/api/v1/queues")).json()["items"]}
    totals = [(await api.get("/api/v1/jobs", params={"limit": limit})).json()["total"] for limit in (2, 50)]
    assert (depths["publisher"], totals) == (3, [3, 5])


async def test_a_paused_queue_stays_paused_until_it_is_resumed(api: httpx.AsyncClient, db: Database) -> None:
    paused = (await api.post("/api/v1/queues/scanner/pause", json={"reason": "backup"})).json()
    async with db.transaction() as conn:
        await a_worker(conn, "scanner", "ScanLibrary")
        await put(conn, ScanLibrary(library_id=1))
        claimed = await queue.claim(conn, "scanner", ["ScanLibrary"], "scanner-1", limit=1)
    resumed = (await api.post("/api/v1/queues/scanner/resume")).json()
    async with db.transaction() as conn:
        after = await queue.claim(conn, "scanner", ["ScanLibrary"], "scanner-1", limit=1)
    assert (paused["paused"], paused["pause_reason"], len(claimed)) == (True, "backup", 0)
    assert (resumed["paused"], len(after)) == (False, 1)


async def test_the_api_itself_has_no_queue(api: httpx.AsyncClient) -> None:
    assert (await api.post("/api/v1/queues/api/pause")).status_code == 404
