"""The house about itself: versions, workers, checks with remedies, numbers for Prometheus."""

import platform
from datetime import datetime
from typing import Literal

from litestar import Controller, Response, get
from msgspec import Struct
from prometheus_client import CONTENT_TYPE_LATEST

from metarr.db.queries.system import (
    LibraryCounts,
    Stored,
    WorkerShown,
    count_libraries,
    database_version,
    list_workers,
    stored_assets,
)
from metarr.runtime import VERSION
from metarr_api.check import Check
from metarr_api.checks import look_at_everything
from metarr_api.numbers import render
from metarr_api.parameters import Given


class Status(Struct, frozen=True, kw_only=True):
    """What runs: versions, workers, libraries; `database_bytes` is the size of the database."""

    version: str
    python_version: str
    database_version: str
    database_bytes: int
    broker: Literal["ok", "unreachable"]
    started_at: datetime
    now: datetime
    data_dir: str
    workers: list[WorkerShown]
    libraries: list[LibraryCounts]
    assets: Stored


class HealthReport(Struct, frozen=True, kw_only=True):
    """`status` is the worst state of all checks."""

    status: Literal["ok", "warning", "wrong"]
    checks: list[Check]


class SystemRoutes(Controller):
    """Versions, workers and checks."""

    @get("/system/status")
    async def get_status(self, tools: Given) -> Status:
        """Versions, workers alive, libraries with their counts."""
        async with tools.db.read() as conn:
            version, size = await database_version(conn)
            return Status(
                version=VERSION,
                python_version=platform.python_version(),
                database_version=version,
                database_bytes=size,
                broker="ok" if tools.bus.connected else "unreachable",
                started_at=tools.started_at,
                now=tools.clock.now(),
                data_dir=tools.environment.data_dir,
                workers=await list_workers(conn),
                libraries=await count_libraries(conn),
                assets=await stored_assets(conn),
            )

    @get("/system/health")
    async def get_health(self, tools: Given) -> HealthReport:
        """Each check with its remedy."""
        checks = await look_at_everything(tools)
        states = {check.state for check in checks}
        return HealthReport(
            status="wrong" if "wrong" in states else "warning" if "warning" in states else "ok", checks=checks
        )


class MetricRoutes(Controller):
    """For Prometheus."""

    @get("/metrics", opt={"media": ["text/plain"], "twice": True})
    async def get_metrics(self, tools: Given) -> Response[bytes]:
        """Numbers for Prometheus: requests, queues, workers, libraries."""
        return Response(await render(tools), media_type=CONTENT_TYPE_LATEST)
