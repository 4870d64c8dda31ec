"""The house at work for a story: all four workers composed as they are when they start, the API, a library, a stand-in provider."""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
from msgspec import Struct

import metarr_cache.__main__
import metarr_enricher.__main__
import metarr_publisher.__main__
import metarr_scanner.__main__
from metarr.bus import Bus
from metarr.db import Database
from metarr.runtime import VERSION, Service, ServiceParts
from metarr.runtime.environment import Environment, read_environment
from metarr.runtime.handlers import handlers_of
from metarr.runtime.service import Build
from metarr.runtime.worker import Worker
from support.api import client_of, make_tools
from support.clock import LeapingClock
from support.story_provider import StoryProvider
from support.waiting import eventually

KEPT_TABLES = ("alembic_version", "schema_migrations", "provider_config", "app_settings", "workers", "queue_pauses")
RECYCLE_BIN = ".metarr-recycle"
WORKERS: Mapping[str, Build] = {
    "scanner": metarr_scanner.__main__.build,
    "enricher": metarr_enricher.__main__.build,
    "cache": metarr_cache.__main__.build,
    "publisher": metarr_publisher.__main__.build,
}

# A job that waits for a time far away waits for something that a story has to bring about; so does one whose worker is stopped.
BUSY = """
SELECT (SELECT count(*) FROM job_queue
        WHERE status = 'running' OR (status = 'pending' AND service = ANY($1::text[])
                                     AND coalesce(next_retry_at, now()) < now() + interval '10 seconds'))
     + (SELECT count(*) FROM event_outbox)
"""


class Stamp(Struct, frozen=True, kw_only=True):
    """What tells that a file was written: a rewrite in place moves the time, a replacement the inode."""

    mtime_ns: int
    inode: int
    size: int


class House:
    """Everything that runs, and what a story looks at. `clock` is the workers' own and can leap ahead."""

    def __init__(
        self, db: Database, environment: Environment, root: Path, provider: StoryProvider, api: httpx.AsyncClient
    ) -> None:
        self.db = db
        self.environment = environment
        self.root = root
        self.provider = provider
        self.api = api
        self.clock = LeapingClock()
        self.library = 0
        self._stops: dict[str, tuple[asyncio.Event, asyncio.Task[None]]] = {}
        self._group = asyncio.TaskGroup()

    # What runs

    async def start(self, *names: str, only: str | None = None) -> None:
        """Start these workers (all without names), for `only` one kind of job; returns when they can be given work."""
        for name in names or WORKERS:
            stop, ready = asyncio.Event(), asyncio.Event()
            self._stops[name] = (stop, self._group.create_task(self._live(name, only, ready, stop), name=name))
            await ready.wait()

    async def stop(self, *names: str) -> None:
        """End these workers (all without names) as SIGTERM does."""
        ending = [self._stops.pop(name) for name in names or tuple(self._stops)]
        for stop, _ in ending:
            stop.set()
        for _, life in ending:
            await life

    async def _live(self, name: str, only: str | None, ready: asyncio.Event, stop: asyncio.Event) -> None:
        async with AsyncExitStack() as stack:
            db = await Database.connect(str(self.environment.database_url), name=f"metarr-{name}")
            stack.push_async_callback(db.close)
            bus = await stack.enter_async_context(Bus(str(self.environment.nats_url), f"metarr-{name}"))
            assert await bus.wait_connected(10)
            service = Service(name=name, environment=self.environment, db=db, bus=bus, clock=self.clock, stack=stack)
            parts = await WORKERS[name](service)
            await bus.serve(name, VERSION, parts.answers)
            await self._spare_the_budgets()
            ready.set()
            await self._worker(service, parts, only).run(stop)

    def _worker(self, service: Service, parts: ServiceParts, only: str | None) -> Worker:
        handlers = handlers_of(parts.handlers)
        return Worker(
            service.name,
            handlers if only is None else {only: handlers[only]},
            db=service.db,
            bus=service.bus,
            clock=self.clock,
            data_dir=self.environment.data_dir,
            slots=parts.slots,
        )

    async def _spare_the_budgets(self) -> None:
        """The stand-in may be asked as often as one likes."""
        async with self.db.read() as conn:
            await conn.execute("UPDATE provider_config SET rate_limit_per_second = 1000")

    # What a person does

    async def add_library(self, path: Path | None = None, name: str = "Films") -> int:
        body = {"name": name, "path": str(path or self.root), "type": "movie"}
        return int((await self.ask("POST", "/libraries", json=body))["id"])

    async def scan(self, *, path: Path | None = None, full: bool = False) -> None:
        """Scan the library, and wait until everything that follows is done."""
        self.library = self.library or await self.add_library()
        await self.ask("POST", f"/libraries/{self.library}/scan", json={"path": path and str(path), "full": full})
        await self.settle()

    async def ask(self, verb: str, path: str, *, status: int | None = None, **more: Any) -> Any:
        """Ask the API; the answer's JSON. Without `status` anything but success is an error."""
        answer = await self.api.request(verb, f"/api/v1{path}", **more)
        assert answer.status_code == status if status else answer.is_success, answer.text
        return answer.json() if answer.content else None

    async def settle(self, timeout: float = 60) -> None:
        """Wait until nothing runs, nothing can run, and every fact is told. What waits for a stopped worker may wait."""
        await eventually(self._is_quiet, timeout=timeout, what="all jobs to end")

    async def _is_quiet(self) -> bool:
        async with self.db.read() as conn:
            return bool(await conn.fetchval(BUSY, list(self._stops)) == 0)

    async def hurry(self, seconds: float = 3600) -> None:
        """Let so much time pass: what waits for a time runs now. Returns when everything is quiet again."""
        self.clock.leap(seconds)
        async with self.db.read() as conn:
            await conn.execute(
                "UPDATE job_queue SET next_retry_at = now() WHERE status = 'pending' AND next_retry_at > now()"
            )
        await self.settle()

    async def forget_everything(self) -> None:
        """As if there were a new system: no row is left but the providers'."""
        tables = await self.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        doomed = sorted({row["tablename"] for row in tables}.difference(KEPT_TABLES))
        await self.fetch(f"TRUNCATE {', '.join(doomed)} RESTART IDENTITY CASCADE")
        self.library = 0

    # What a story looks at

    async def movies(self, **filters: Any) -> list[dict[str, Any]]:
        """All films as lists show them."""
        page = await self.ask("GET", "/movies", params={"limit": 500, **filters})
        return list(page["items"])

    async def film(self, place: str) -> dict[str, Any]:
        """The one film outside the trash whose file lies at or below this path of the library, with everything known of it."""
        start = str(self.root / place)
        async with self.db.read() as conn:
            rows = await conn.fetch(
                "SELECT id FROM movies WHERE deleted_at IS NULL AND (file_path = $1 OR starts_with(file_path, $1 || '/'))",
                start,
            )
        assert len(rows) == 1, f"{len(rows)} films at {place}"
        return dict(await self.ask("GET", f"/movies/{rows[0]['id']}"))

    async def problems(self, place: str) -> dict[str, str]:
        """What is wrong with a film, in words, by area."""
        return {problem["area"]: problem["message"] for problem in (await self.film(place))["problems"]}

    async def jobs(self, *statuses: str) -> list[tuple[str, str, str | None]]:
        """(kind, status, error) of all jobs in one of these states, in the order of their ids."""
        async with self.db.read() as conn:
            rows = await conn.fetch(
                "SELECT kind, status, error_message FROM job_queue WHERE status = ANY($1::text[]) ORDER BY id",
                list(statuses),
            )
        return [(row["kind"], row["status"], row["error_message"]) for row in rows]

    async def seen(self, kind: str, status: str = "completed") -> int:
        """How many jobs of a kind are in this state."""
        return [job[:2] for job in await self.jobs(status)].count((kind, status))

    async def look_at_library(self) -> dict[str, Any]:
        """The library as clients see it."""
        return dict(await self.ask("GET", f"/libraries/{self.library}"))

    async def fetch(self, statement: str, *arguments: Any) -> list[dict[str, Any]]:
        """Rows of the database."""
        async with self.db.read() as conn:
            return [dict(row) for row in await conn.fetch(statement, *arguments)]

    def tree(self, place: str = "") -> dict[str, str]:
        return tree(self.root / place)

    def stamps(self) -> dict[str, Stamp]:
        return {path: _stamp(self.root / path) for path in files(self.root)}

    def names(self, place: str) -> set[str]:
        """The files in and below a folder, relative to it."""
        return set(files(self.root / place))

    def bin(self) -> dict[str, bytes]:
        """What the recycle bin keeps, by path below it."""
        bin_ = self.root / RECYCLE_BIN
        return {path: (bin_ / path).read_bytes() for path in files(bin_)}

    def text(self, place: str) -> str:
        return (self.root / place).read_text()


@asynccontextmanager
async def house_at_work(
    db: Database, database_url: str, nats_url: str, folder: Path, *, keys: bool = True
) -> AsyncIterator[House]:
    """All of it for the time of the block; without `keys` no provider can be asked."""
    root, data_dir = folder / "library", folder / "data"
    root.mkdir()
    data_dir.mkdir()
    async with AsyncExitStack() as stack:
        provider = await stack.enter_async_context(StoryProvider())
        told = {name: value for name, value in provider.variables.items() if keys or not name.endswith("_KEY")}
        servers = {"METARR_DATABASE_URL": database_url, "METARR_NATS_URL": nats_url}
        environment = read_environment({**told, **servers, "METARR_DATA_DIR": str(data_dir)})
        bus = await stack.enter_async_context(Bus(nats_url, "metarr-api"))
        assert await bus.wait_connected(10)
        tools = make_tools(db, bus, data_dir)
        house = House(db, environment, root, provider, await stack.enter_async_context(client_of(tools)))
        async with house._group as group:
            telling = group.create_task(tools.relay.run(), name="relay of the API")
            try:
                await house.start()
                yield house
            finally:
                await house.stop()
                telling.cancel()


def tree(root: Path) -> dict[str, str]:
    """SHA-256 of every file by its path below the root; what the recycle bin keeps is not part of the library."""
    return {path: hashlib.sha256((root / path).read_bytes()).hexdigest() for path in files(root)}


def files(root: Path) -> list[str]:
    found = []
    for folder, names, below in os.walk(root):
        names[:] = [name for name in names if name != RECYCLE_BIN]
        found += [os.path.relpath(os.path.join(folder, name), root) for name in below]
    return sorted(found)


def _stamp(path: Path) -> Stamp:
    seen = path.lstat()
    return Stamp(mtime_ns=seen.st_mtime_ns, inode=seen.st_ino, size=seen.st_size)
