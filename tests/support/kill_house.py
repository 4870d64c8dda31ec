"""PostgreSQL, NATS and four workers of one test, each of which can be killed at any time and is started again at once."""

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from metarr_local import nats, postgres
from metarr_local.processes import Program, popen_arguments
from support.kill_processes import READY, Crew, WorkerProcess
from support.kill_worker import Orders
from support.servers import scratch
from support.waiting import soon

WORKERS = {"mason": "enricher", "bricklayer": "enricher", "carpenter": "cache", "joiner": "cache"}
"""Name → service."""

# Nobody cuts the power here; but what was committed must outlive the server.
_SETTINGS = {"fsync": "off", "full_page_writes": "off", "shared_buffers": "64MB"}
_LOOK_SECONDS = 0.02


class Server:
    """A server that dies with the test. `make` makes it ready for each start, as the supervisor does."""

    def __init__(self, make: Callable[[], Program], log: Path) -> None:
        self._make = make
        self._log = log
        self.start()

    @property
    def dead(self) -> bool:
        return self._child.poll() is not None

    def kill(self) -> None:
        self._child.kill()
        self._child.wait()

    def stop(self) -> None:
        """As it wants to be stopped: PostgreSQL then takes its shared memory with it."""
        self._child.send_signal(self._program.stop_signal)
        self._child.wait(self._program.stop_timeout)

    def start(self) -> None:
        program = self._program = self._make()
        with self._log.open("ab") as words:
            self._child = subprocess.Popen(
                program.argv, stdin=subprocess.DEVNULL, stdout=words, stderr=words, **popen_arguments(program)
            )


class KillHouse:
    """`gave_up`: workers that ended although nobody killed them, with their last words. `store_lost`: when, monotonic."""

    def __init__(self, folder: Path, logs: Path) -> None:
        home = folder / "postgres"
        cluster = postgres.prepare(home, durable=False)
        self.broker = nats.prepare(folder / "nats")
        self.database_url = cluster.url()
        self.postgres = Server(
            lambda: postgres.program(postgres.prepare(home), os.environ, _SETTINGS), logs / "postgres.log"
        )
        self.nats = Server(lambda: nats.program(self.broker, os.environ), logs / "nats.log")
        soon(lambda: postgres.accepts(cluster), timeout=60, what="PostgreSQL starts")
        soon(lambda: nats.accepts(self.broker), timeout=30, what="NATS starts")
        self.crew = Crew(self.database_url, self.broker.url, logs)
        self.workers: dict[str, WorkerProcess] = {}
        self.gave_up: list[str] = []
        self.store_lost = float("-inf")
        self._closing = False

    def hire(self) -> None:
        """Start all workers."""
        for name in WORKERS:
            self._start(name)

    async def ready(self) -> None:
        for worker in self.workers.values():
            await worker.says(READY, timeout=30)

    def at_work(self, names: Iterable[str]) -> list[str]:
        """Those of `names` whose death would hurt: a worker that is not ready yet holds nothing."""
        return [name for name in names if name not in self.workers or READY in self.workers[name].words]

    def kill(self, name: str) -> None:
        """kill -9 one part; `nats and its store` loses all that was told as well."""
        if name in self.workers:
            if self.workers[name].exit_code is None:
                self.workers[name].kill()
                self._start(name)
        elif name == "postgres":
            self.postgres.kill()
        else:
            self.nats.kill()
            if name != "nats":
                shutil.rmtree(self.broker.home / "jetstream")
                self.store_lost = time.monotonic()

    @asynccontextmanager
    async def kept_alive(self) -> AsyncIterator[None]:
        """Within the block whoever ends is started again, as the supervisor does."""
        keeper = asyncio.create_task(self._keep())
        try:
            yield
        finally:
            keeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await keeper

    async def dismiss(self) -> dict[str, int]:
        """Ask all workers to stop; their exit codes."""
        self._closing = True
        for worker in self.workers.values():
            worker.signal(signal.SIGTERM)
        return {name: await worker.ends(timeout=30) for name, worker in self.workers.items()}

    async def _keep(self) -> None:
        while True:
            for server in (self.postgres, self.nats):
                if server.dead:
                    server.start()
            for name, worker in self.workers.items():
                if worker.exit_code is not None and not self._closing:
                    self.gave_up.append(f"{name} ended by itself: {worker.exit_code}\n{worker.words[-2000:]}")
                    self._start(name)
            await asyncio.sleep(_LOOK_SECONDS)

    def _start(self, name: str) -> None:
        self.workers[name] = self.crew.start(name, Orders(), service=WORKERS[name])


@contextmanager
def kill_house(logs: Path) -> Iterator[KillHouse]:
    """The house for the time of the block; what its parts say ends up in `logs`."""
    with scratch() as folder:
        house = KillHouse(folder, logs)
        try:
            with house.crew:
                yield house
        finally:
            house.postgres.stop()
            house.nats.stop()
