"""What the house says about itself."""

from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from metarr import queue
from metarr.db import Database
from metarr.runtime import VERSION
from metarr_api.tools import Tools
from support.rows import insert, insert_movie


async def checks(api: httpx.AsyncClient) -> dict[str, dict[str, Any]]:
    report = (await api.get("/api/v1/system/health")).json()
    return {check["name"]: check for check in report["checks"]}


async def test_status_shows_versions_workers_and_libraries(api: httpx.AsyncClient, db: Database) -> None:
    async with db.transaction() as conn:
        await queue.register(
            conn, "scanner-1", name="scanner-1", service="scanner", host="h", pid=7, version="0.1", kinds=["ScanFolder"]
        )
        await queue.register(conn, "dead-1", name="dead-1", service="cache", host="h", pid=8, version="0.1", kinds=[])
        await conn.execute("UPDATE workers SET heartbeat_at = now() - interval '1 hour' WHERE worker_id = 'dead-1'")
        library = await insert(conn, "libraries", name="Films", path="/films", type="movie")
        await insert_movie(conn, library, identification_status="enriched")
    status = (await api.get("/api/v1/system/status")).json()
    assert [(worker["service"], worker["pid"]) for worker in status["workers"]] == [("scanner", 7)]
    assert (status["libraries"][0]["enriched"], status["broker"]) == (1, "ok")
    assert int(status["database_version"].partition(".")[0]) >= 16


async def test_every_check_that_is_not_well_comes_with_a_remedy(
    api: httpx.AsyncClient, db: Database, tools: Tools
) -> None:
    async with db.transaction() as conn:
        await insert(
            conn,
            "libraries",
            name="Films",
            path="/films",
            type="movie",
            mount_state="empty",
            mount_detail="it is empty",
        )
        await queue.pause(conn, "service:enricher", "night")
        await conn.execute(
            "INSERT INTO event_outbox (subject, message_id, payload, created_at) "
            "VALUES ('s', 'm', '{}', now() - interval '1 minute')"
        )
    found = await checks(api)
    ill = {name for name, check in found.items() if check["state"] != "ok"}
    assert all(bool(check["remedy"]) == (check["state"] != "ok") for check in found.values())
    assert ill >= {"worker scanner", "mount 1", "provider tmdb", "queue enricher", "events"}
    assert found["mount 1"]["message"] == "Films: it is empty"
    assert (found["database"]["state"], found["broker"]["state"], found["disk"]["state"]) == ("ok", "ok", "ok")


async def test_with_everything_in_place_all_is_well(api: httpx.AsyncClient, db: Database) -> None:
    async with db.transaction() as conn:
        for service in ("scanner", "enricher", "cache", "publisher"):
            await queue.register(
                conn, service, name=service, service=service, host="h", pid=7, version=VERSION, kinds=[]
            )
    await api.patch("/api/v1/providers/tmdb", json={"api_key": "k"})
    assert (await api.get("/api/v1/system/health")).json()["status"] == "ok"


async def test_without_database_and_broker_the_report_says_so(
    api: httpx.AsyncClient, db: Database, tools: Tools
) -> None:
    await tools.bus.client.close()
    await db.close()
    found = await checks(api)
    assert {name: check["state"] for name, check in found.items() if name != "disk"} == {
        "database": "wrong",
        "broker": "wrong",
    }


@pytest.mark.parametrize("path", ["/metrics", "/api/v1/metrics"])
async def test_the_numbers_can_be_read_by_prometheus(api: httpx.AsyncClient, db: Database, path: str) -> None:
    async with db.transaction() as conn:
        library = await insert(conn, "libraries", name="Films", path="/films", type="movie")
        await insert_movie(conn, library)
    await api.get("/api/v1/movies/1")
    answer = await api.get(path)
    samples = {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }
    assert answer.headers["content-type"].startswith("text/plain")
    assert samples[("metarr_database_up",)] == 1
    assert samples[("metarr_queue_depth", ("service", "scanner"))] == 0
    assert samples[("metarr_library_items", ("library", str(library)), ("state", "unidentified"))] == 1
    route = ("route", "/api/v1/movies/{movie_id}")
    assert samples[("metarr_http_requests_total", ("method", "GET"), route, ("status", "200"))] >= 1


async def test_without_the_database_there_are_numbers_all_the_same(api: httpx.AsyncClient, db: Database) -> None:
    await db.close()
    answer = await api.get("/metrics")
    assert (answer.status_code, "metarr_database_up 0.0" in answer.text) == (200, True)
