"""What every answer has, whatever was asked."""

from pathlib import Path

import httpx

from metarr.bus import Bus
from metarr.db import Database
from metarr_api.tools import Tools
from support.api import client_of, make_tools


async def test_every_answer_tells_browsers_to_be_careful(api: httpx.AsyncClient) -> None:
    for path in ["/health", "/api/v1/movies", "/api/v1/nothing", "/docs"]:
        headers = (await api.get(path)).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["content-security-policy"].startswith("default-src 'none'")
        assert headers["cache-control"] == "no-store"


async def test_a_trace_id_is_taken_over_and_given_back(api: httpx.AsyncClient) -> None:
    assert (await api.get("/health", headers={"x-request-id": "abc-123"})).headers["x-request-id"] == "abc-123"


async def test_a_trace_id_of_an_odd_form_is_replaced(api: httpx.AsyncClient) -> None:
    for given in ["", "with blank", "x" * 65, "line\tbreak", "ü"]:
        answer = await api.get("/health", headers={b"x-request-id": given.encode("latin-1")})
        assert len(answer.headers["x-request-id"]) == 32


async def test_below_a_base_path_everything_is_served_with_and_without_it(
    db: Database, bus: Bus, tmp_path: Path
) -> None:
    tools = make_tools(db, bus, tmp_path / "data", base_path="/media/metarr")
    async with client_of(tools) as client:
        statuses = [
            (await client.get(path)).status_code
            for path in (
                "/media/metarr/api/v1/movies",
                "/api/v1/movies",
                "/media/metarr/health",
                "/media/metarrx/health",
            )
        ]
        document = (await client.get("/media/metarr/openapi.json")).json()
    assert statuses == [200, 200, 200, 404]
    assert document["servers"] == [{"url": "/media/metarr"}]


async def test_health_names_what_is_away_and_ready_says_no_without_the_database(
    tools: Tools, api: httpx.AsyncClient, db: Database
) -> None:
    assert (await api.get("/health")).json() == {"status": "ok", "database": "ok", "broker": "ok"}
    assert (await api.get("/ready")).status_code == 200
    await tools.bus.client.close()
    await db.close()
    health, ready = await api.get("/health"), await api.get("/ready")
    assert (health.status_code, health.json()) == (
        200,
        {"status": "degraded", "database": "unreachable", "broker": "unreachable"},
    )
    assert ready.status_code == 503


async def test_without_the_database_requests_are_told_to_come_back(api: httpx.AsyncClient, db: Database) -> None:
    await db.close()
    answer = await api.get("/api/v1/movies")
    assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
    assert int(answer.headers["retry-after"]) > 0
