"""A service's life: environment, logging, connections, worker, signals, exit codes."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

import structlog
import uvloop
from msgspec import Struct

from metarr.bus import Bus
from metarr.db import Database
from metarr.db.migrate import pending
from metarr.errors import ConfigurationError, DatabaseUnavailable
from metarr.messages.requests import Request
from metarr.runtime.clock import Clock, SystemClock
from metarr.runtime.environment import Environment, read_environment
from metarr.runtime.handlers import handlers_of
from metarr.runtime.logging import configure_logging
from metarr.runtime.version import VERSION
from metarr.runtime.worker import DeclaredDeadError, Worker

_WAIT_SECONDS = 1.0
_SCHEMA_PATIENCE = 120.0
_UMASK = "UMASK"
EXIT_CONFIGURATION = 2

log = structlog.get_logger("metarr.service")

type Background = Callable[[asyncio.Event], Awaitable[None]]


@dataclass(frozen=True, kw_only=True)
class Service:
    """What every service is given to compose itself from. `stack` closes what it opens, in reverse order."""

    name: str
    environment: Environment
    db: Database
    bus: Bus
    clock: Clock
    stack: AsyncExitStack


@dataclass(frozen=True, kw_only=True)
class ServiceParts:
    """What a service is made of: handlers of jobs, answers to questions, and coroutines that run beside until the stop."""

    handlers: object | None = None
    answers: Mapping[type[Request], Callable[[Any], Awaitable[Struct]]] = field(default_factory=dict)
    slots: int = 4
    beside: tuple[Background, ...] = ()


type Build = Callable[[Service], Awaitable[ServiceParts]]


def run_service(name: str, build: Build) -> None:
    """Run a service until SIGTERM or SIGINT. Exit 2 with one line on a wrong environment, 1 when it had to give up."""
    try:
        environment = read_environment()
    except ConfigurationError as wrong:
        print(f"metarr {name}: {wrong}", file=sys.stderr)  # noqa: T201 - before logging is configured
        sys.exit(EXIT_CONFIGURATION)
    configure_logging(name, environment)
    _take_umask()
    try:
        uvloop.run(_live(name, environment, build))
    except ConfigurationError as wrong:
        log.error("cannot start", reason=str(wrong))  # noqa: TRY400 - one line is what the person needs
        sys.exit(EXIT_CONFIGURATION)
    except BaseExceptionGroup as group:
        if group.subgroup(DeclaredDeadError) is None:
            raise
        log.error("gave up: others have taken over the jobs of this worker, or another has its name (METARR_WORKER_ID)")  # noqa: TRY400
        sys.exit(1)


async def _live(name: str, environment: Environment, build: Build) -> None:
    stop = _stop_on_signals()
    clock = SystemClock()
    async with AsyncExitStack() as stack:
        db = await _connect(name, environment, clock, stop)
        if db is None:
            return
        stack.push_async_callback(_close, db)
        bus = await stack.enter_async_context(Bus(environment.nats_url or "nats://127.0.0.1:4222", f"metarr-{name}"))
        parts = await build(Service(name=name, environment=environment, db=db, bus=bus, clock=clock, stack=stack))
        await bus.serve(name, VERSION, parts.answers)
        await _run(name, environment, parts, db, bus, clock, stop)
    log.info("stopped")


async def _run(
    name: str, environment: Environment, parts: ServiceParts, db: Database, bus: Bus, clock: Clock, stop: asyncio.Event
) -> None:
    async with asyncio.TaskGroup() as group:
        for background in parts.beside:
            group.create_task(_until_stop(background, stop))
        if parts.handlers is not None:
            worker = Worker(
                name,
                handlers_of(parts.handlers),
                db=db,
                bus=bus,
                clock=clock,
                data_dir=environment.data_dir,
                slots=parts.slots,
                name=environment.worker_id,
            )
            await worker.run(stop)
        else:
            await stop.wait()


async def _until_stop(background: Background, stop: asyncio.Event) -> None:
    await background(stop)


async def _connect(name: str, environment: Environment, clock: Clock, stop: asyncio.Event) -> Database | None:
    """A database that answers and has the schema of this version; None when the stop came first."""
    if environment.database_url is None:
        raise ConfigurationError("METARR_DATABASE_URL is not set; `metarr up` sets it, and so does the compose file")
    began = clock.monotonic()
    while not stop.is_set():
        try:
            missing = await pending(environment.database_url)
            if not missing:
                return await Database.connect(environment.database_url, name=f"metarr-{name}")
        except DatabaseUnavailable as gone:
            log.warning("waiting for the database", reason=str(gone))
        else:
            if clock.monotonic() - began > _SCHEMA_PATIENCE:
                raise ConfigurationError(f"the database lacks migrations {', '.join(missing)}; run `metarr migrate`")
            log.info("waiting for migrations", missing=missing)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), _WAIT_SECONDS)
    return None


async def _close(db: Database) -> None:
    try:
        async with asyncio.timeout(5):
            await db.close()
    except TimeoutError:
        db.terminate()


def _stop_on_signals() -> asyncio.Event:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    return stop


def _take_umask() -> None:
    """UMASK is what the containers of this field call it."""
    given = os.environ.get(_UMASK)
    if given:
        os.umask(int(given, 8))
