"""The two open paths: is the process there, can it work."""

import asyncio
from typing import Literal

from litestar import Controller, Response, get
from msgspec import Struct

from metarr.db.queries.system import ping
from metarr.errors import DatabaseUnavailable
from metarr_api.parameters import Given
from metarr_api.tools import Tools

_PATIENCE = 2.0


class Health(Struct, frozen=True, kw_only=True):
    """`degraded` while a server that Metarr stands on does not answer; nothing is lost meanwhile."""

    status: Literal["ok", "degraded"]
    database: Literal["ok", "unreachable"]
    broker: Literal["ok", "unreachable"]


class HealthRoutes(Controller):
    """The two open paths."""

    @get("/health", opt={"open": True})
    async def health(self, tools: Given) -> Health:
        """Whether the API runs, and what it reaches."""
        return await look(tools)

    @get("/ready", opt={"open": True, "statuses": {503: Health}})
    async def ready(self, tools: Given) -> Response[Health]:
        """Whether requests can be served: 503 while the database does not answer."""
        seen = await look(tools)
        return Response(seen, status_code=200 if seen.database == "ok" else 503)


async def look(tools: Tools) -> Health:
    """Ask both servers; two seconds of silence are an answer."""
    database = await _answers(tools)
    broker = tools.bus.connected
    return Health(
        status="ok" if database and broker else "degraded",
        database="ok" if database else "unreachable",
        broker="ok" if broker else "unreachable",
    )


async def _answers(tools: Tools) -> bool:
    try:
        async with asyncio.timeout(_PATIENCE), tools.db.read() as conn:
            await ping(conn)
    except (DatabaseUnavailable, TimeoutError):
        return False
    return True
