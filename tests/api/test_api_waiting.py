"""Why a job waits: one sentence for each thing that can stand between it and its start, the first that applies."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import msgspec
import pytest

from metarr import queue
from metarr.db import Connection, Database
from metarr.messages.jobs import (
    CacheAssets,
    EmptyRecycleBin,
    EnrichItem,
    Job,
    PruneHistory,
    PublishItem,
    ScanFolder,
    ScanLibrary,
    SweepCache,
    VerifyItem,
)
from metarr.queue import Debounce
from metarr.runtime import new_job
from metarr.runtime.work import Progress
from metarr_api.tools import Tools
from support.rows import insert, insert_movie

LATER = datetime(2099, 1, 1, 12, 30, tzinfo=UTC)


async def put(conn: Connection, *jobs: Job, priority: int = 5, **more: Any) -> list[int]:
    return [row.id for row in await queue.enqueue(conn, [new_job(job, priority=priority, **more) for job in jobs])]


async def a_worker(conn: Connection, name: str = "p", kinds: Sequence[str] = ("PublishItem",)) -> None:
    await queue.register(conn, name, name=name, service="publisher", host="h", pid=1, version="0", kinds=kinds)


async def claim(conn: Connection, limit: int = 1) -> list[queue.ClaimedJob]:
    return await queue.claim(conn, "publisher", ["PublishItem"], "p", limit=limit)


def publish(number: int = 1) -> PublishItem:
    return PublishItem(entity_type="movie", entity_id=number)


@pytest.fixture
async def film(db: Database) -> int:
    """In library 1, "Films"."""
    async with db.transaction() as conn:
        library = await insert(conn, "libraries", name="Films", path="/films", type="movie")
        return await insert_movie(conn, library, title="Heat", year=1995)


async def reason(api: httpx.AsyncClient, number: int) -> str | None:
    one = (await api.get(f"/api/v1/jobs/{number}")).json()["waits_because"]
    listed = {job["id"]: job["waits_because"] for job in (await api.get("/api/v1/jobs")).json()["items"]}
    assert listed[number] == one
    return None if one is None else str(one)


# For another job.


@pytest.mark.parametrize(
    ("parent", "called"),
    [
        (EnrichItem(entity_type="movie", entity_id=1), "enrich Heat (1995)"),
        (CacheAssets(entity_type="movie", entity_id=1), "artwork of Heat (1995)"),
        (VerifyItem(entity_type="movie", entity_id=1), "verify Heat (1995)"),
        (ScanLibrary(library_id=1), "scan Films"),
        (ScanFolder(library_id=1, paths=("/films/a",)), "scan folders of Films"),
        (EmptyRecycleBin(library_id=1), "empty the recycle bin of Films"),
        (CacheAssets(entity_type="movie", entity_id=77), "artwork"),
        (SweepCache(), "sweep cache"),
        (PruneHistory(), "prune history"),
    ],
)
async def test_a_job_that_waits_for_another_names_it(
    api: httpx.AsyncClient, db: Database, film: int, parent: Job, called: str
) -> None:
    async with db.transaction() as conn:
        (first,) = await put(conn, parent)
        (child,) = await put(conn, publish(film), depends_on=(first,))
    assert await reason(api, child) == f'waits for job {first} ("{called}")'
    job, other = [(await api.get(f"/api/v1/jobs/{number}")).json() for number in (child, first)]
    assert [(one["id"], one["satisfied"]) for one in job["depends_on"]] == [(first, False)]
    assert [one["id"] for one in other["waited_for_by"]] == [child]


async def test_of_several_jobs_that_must_come_first_the_oldest_is_named(
    api: httpx.AsyncClient, db: Database, film: int
) -> None:
    async with db.transaction() as conn:
        parents = await put(conn, *(EnrichItem(entity_type="movie", entity_id=n) for n in range(1, 4)))
        (child,) = await put(conn, publish(), depends_on=tuple(parents))
        await queue.pause(conn, "service:publisher", "night")
    assert await reason(api, child) == f'waits for job {parents[0]} ("enrich Heat (1995)") and 2 more'
    waiting = (await api.get(f"/api/v1/jobs/{child}")).json()["waiting"]
    assert (waiting["parent"]["id"], waiting["parents"]) == (parents[0], 3)


# For the end of a pause.


@pytest.mark.parametrize(
    ("scope", "sentence"),
    [
        ("service:publisher", "publisher is paused: night"),
        ("library:1", 'library 1 ("Films") is paused: night'),
    ],
)
async def test_a_paused_service_or_library_is_named_before_any_worker_has_looked(
    api: httpx.AsyncClient, db: Database, film: int, scope: str, sentence: str
) -> None:
    async with db.transaction() as conn:
        (job,) = await put(conn, publish(film), run_at=LATER)
        await queue.pause(conn, "library:2", "another")
        await queue.pause(conn, scope, "night")
    assert await reason(api, job) == sentence


@pytest.mark.parametrize(
    ("scope", "sentence"),
    [("library:1", 'library 1 ("Films") is paused: night'), ("provider:tmdb", "tmdb is paused: night")],
)
async def test_what_holds_a_job_that_was_put_back_is_named_before_what_else_would(
    api: httpx.AsyncClient, db: Database, film: int, scope: str, sentence: str
) -> None:
    async with db.transaction() as conn:
        await a_worker(conn)
        (job,) = await put(conn, publish(film))
        (claimed,) = await claim(conn)
        await queue.pause(conn, scope, "night")
        await queue.pause(conn, "service:publisher", "other")
        await queue.put_back(conn, claimed, "it is paused", after=None, counts=False, held_by=scope)
    held = await reason(api, job)
    async with db.transaction() as conn:
        await conn.execute("DELETE FROM queue_pauses")
    resumed = await reason(api, job)
    assert held == sentence
    assert resumed in ("goes on in a moment: library 1 is resumed", "goes on in a moment: tmdb is resumed")


# For a time.


async def test_a_job_that_waits_for_a_time_says_which(api: httpx.AsyncClient, db: Database, film: int) -> None:
    async with db.transaction() as conn:
        (job,) = await put(conn, publish(), run_at=LATER)
    assert await reason(api, job) == "waits until 2099-01-01 12:30:00 UTC"


async def test_a_retry_says_which_one_it_is_and_what_went_wrong(
    api: httpx.AsyncClient, db: Database, film: int
) -> None:
    async with db.transaction() as conn:
        await a_worker(conn)
        (job,) = await put(conn, publish())
        for after in (timedelta(0), timedelta(days=99)):
            (claimed,) = await claim(conn)
            await queue.put_back(conn, claimed, "tmdb: asks to wait (429)", after=after, counts=True)
            await queue.promote(conn)
        at = await conn.fetchval("SELECT next_retry_at FROM job_queue")
    assert await reason(api, job) == f"retry 2 of 3 at {at:%Y-%m-%d %H:%M:%S} UTC: tmdb: asks to wait (429)"


async def test_a_snoozed_job_says_until_when_and_why(api: httpx.AsyncClient, db: Database, film: int) -> None:
    async with db.transaction() as conn:
        await a_worker(conn)
        (job,) = await put(conn, publish())
        (claimed,) = await claim(conn)
        await queue.put_back(conn, claimed, "tmdb rests", after=timedelta(days=99), counts=False)
        at = await conn.fetchval("SELECT next_retry_at FROM job_queue")
    assert await reason(api, job) == f"waits until {at:%Y-%m-%d %H:%M:%S} UTC: tmdb rests"


async def test_a_time_of_today_is_said_without_the_day(api: httpx.AsyncClient, db: Database, film: int) -> None:
    async with db.transaction() as conn:
        now = await conn.fetchval("SELECT now()")
        soon = now.replace(hour=23, minute=59, second=59, microsecond=999_999)
        (job,) = await put(conn, publish(), run_at=soon)
    assert await reason(api, job) == "waits until 23:59:59 UTC"


async def test_a_debounced_job_gathers_further_requests(api: httpx.AsyncClient, db: Database, film: int) -> None:
    wait = Debounce(wait=timedelta(days=50), most=timedelta(days=90))
    async with db.transaction() as conn:
        (job,) = await put(conn, publish(), debounce=wait)
        at = await conn.fetchval("SELECT next_retry_at FROM job_queue")
    assert await reason(api, job) == f"gathers further requests until {at:%Y-%m-%d %H:%M:%S} UTC"


async def test_a_time_that_has_come_is_no_reason(api: httpx.AsyncClient, db: Database, film: int) -> None:
    async with db.transaction() as conn:
        (job,) = await put(conn, publish(), run_at=LATER)
        await conn.execute("UPDATE job_queue SET next_retry_at = now() - interval '1 second'")
    assert await reason(api, job) == "no publisher is running"


# For somebody to do it.


async def test_without_a_worker_that_lives_the_service_is_named(
    api: httpx.AsyncClient, db: Database, film: int
) -> None:
    async with db.transaction() as conn:
        (job,) = await put(conn, publish())
    said = [await reason(api, job)]
    async with db.transaction() as conn:
        await a_worker(conn)
    for change in (
        "heartbeat_at = now() - interval '21 seconds'",
        "heartbeat_at = now(), stopping = true",
        "heartbeat_at = now() - interval '15 seconds', stopping = false",
    ):
        async with db.transaction() as conn:
            await conn.execute(f"UPDATE workers SET {change}")
        said.append(await reason(api, job))
    assert said == ["no publisher is running"] * 3 + ["is next for publisher"]


async def test_workers_of_another_version_that_do_not_know_the_kind_are_no_help(
    api: httpx.AsyncClient, db: Database, film: int
) -> None:
    async with db.transaction() as conn:
        await a_worker(conn, kinds=["VerifyItem"])
        (job,) = await put(conn, publish())
    old = await reason(api, job)
    async with db.transaction() as conn:
        await a_worker(conn, "q")
    assert (old, await reason(api, job)) == (
        "no publisher of this version knows PublishItem",
        "is next for publisher",
    )


# For its turn.


async def test_a_job_whose_work_runs_already_names_the_one_that_runs(
    api: httpx.AsyncClient, db: Database, film: int
) -> None:
    async with db.transaction() as conn:
        await a_worker(conn)
        (first,) = await put(conn, publish())
        await claim(conn)
        (again,) = await put(conn, publish())
    assert await reason(api, again) == f"waits for job {first}, which does the same work now"


async def test_a_job_in_the_line_says_who_is_before_it_and_who_has_the_slots(
    api: httpx.AsyncClient, db: Database, film: int
) -> None:
    async with db.transaction() as conn:
        await a_worker(conn)
        first, second, third = await put(conn, *(publish(number) for number in (1, 2, 3)))
    alone = [await reason(api, job) for job in (first, second, third)]
    async with db.transaction() as conn:
        await claim(conn)
        await put(conn, publish(4), publish(5), priority=2)
    behind = [await reason(api, job) for job in (second, third)]
    async with db.transaction() as conn:
        waiting = (await api.get(f"/api/v1/jobs/{third}")).json()["waiting"]
        await claim(conn, limit=2)
    assert alone == [
        "is next for publisher",
        "waits for a slot behind 1 older job",
        "waits for a slot behind 2 older jobs",
    ]
    assert behind == [
        "waits for a slot behind 2 more urgent jobs; 1 job of publisher runs now",
        "waits for a slot behind 2 more urgent jobs and 1 older one; 1 job of publisher runs now",
    ]
    assert (waiting["urgent"], waiting["older"], waiting["running"]) == (2, 1, 1)
    assert await reason(api, second) == "is next for publisher; 3 jobs of publisher run now"


async def test_who_is_before_it_is_counted_to_a_thousand(api: httpx.AsyncClient, db: Database, film: int) -> None:
    async with db.transaction() as conn:
        await a_worker(conn)
        await put(conn, *(publish(number) for number in range(1, 1002)), priority=2)
        (job,) = await put(conn, publish(2000))
    assert await reason(api, job) == "waits for a slot behind at least 1000 more urgent jobs"


# While it runs.


async def test_a_running_job_waits_for_nothing_unless_it_says_so(
    api: httpx.AsyncClient, db: Database, film: int, tools: Tools
) -> None:
    async with db.transaction() as conn:
        await a_worker(conn)
        (job,) = await put(conn, publish())
        await claim(conn)
    works = Progress(job_id=job, kind="PublishItem", done=1, total=2, doing="waits for no one", attempt=1)
    said = [works, msgspec.structs.replace(works, doing="waits for tmdb's budget", waits=True), works]
    reasons = []
    for one in said:
        await tools.live.hear("", msgspec.json.encode(one))
        reasons.append(await reason(api, job))
    assert reasons == [None, "waits for tmdb's budget", None]


async def test_a_job_that_has_ended_waits_for_nothing(api: httpx.AsyncClient, db: Database, film: int) -> None:
    async with db.transaction() as conn:
        await a_worker(conn)
        (job,) = await put(conn, publish())
        (claimed,) = await claim(conn)
        await queue.complete(conn, claimed, None)
    assert await reason(api, job) is None
    assert (await api.get(f"/api/v1/jobs/{job}")).json()["waiting"] is None
