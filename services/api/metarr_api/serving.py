"""granian inside this process: the same loop as everything else, stopped by the same event."""

import asyncio
from typing import Any

from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server.embed import Server

from metarr_api.asgi import Application

_BACKLOG = 1024
_STOP_SECONDS = 10.0
_LOGGING: dict[str, Any] = {"formatters": {}, "handlers": {}, "loggers": {"_granian": {"propagate": True}}}
"""What granian has to say goes through the logging of the service."""


async def serve(application: Application, host: str, port: int, stop: asyncio.Event) -> None:
    """Listen until `stop` is set, then let running requests end.

    Raises OSError or RuntimeError when the address cannot be had, and RuntimeError when the server ends by itself.
    """
    server = Server(
        application,
        address=host,
        port=port,
        interface=Interfaces.ASGINL,
        backlog=_BACKLOG,
        websockets=False,
        log_level=LogLevels.error,
        log_dictconfig=_LOGGING,
    )
    async with asyncio.TaskGroup() as group:
        serving = group.create_task(server.serve(), name="granian")
        stopped = group.create_task(stop.wait(), name="stop")
        await asyncio.wait({serving, stopped}, return_when=asyncio.FIRST_COMPLETED)
        if not stop.is_set():
            stopped.cancel()
            raise RuntimeError("the HTTP server ended by itself")
        server.stop()  # type: ignore[no-untyped-call]
        await asyncio.wait({serving}, timeout=_STOP_SECONDS)
        serving.cancel()
