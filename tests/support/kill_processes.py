"""Workers as processes that a test starts, signals and sees die."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import msgspec

from metarr_local.processes import Program, popen_arguments
from support.kill_worker import Orders
from support.waiting import eventually

READY = "worker ready"


class WorkerProcess:
    """One process; what it says is kept in a file of its own."""

    def __init__(self, program: Program, words: Path) -> None:
        self.name = program.name
        self._words = words
        with words.open("wb") as file:
            self._child = subprocess.Popen(
                program.argv, stdin=subprocess.DEVNULL, stdout=file, stderr=file, **popen_arguments(program)
            )

    @property
    def words(self) -> str:
        return self._words.read_text(errors="replace")

    @property
    def exit_code(self) -> int | None:
        """None while it lives; minus the signal for one that was killed."""
        return self._child.poll()

    def signal(self, number: signal.Signals) -> None:
        self._child.send_signal(number)

    def kill(self) -> None:
        """kill -9, and wait until it is gone."""
        self._child.kill()
        self._child.wait()

    async def says(self, what: str, *, timeout: float = 20.0) -> None:
        """Wait for these words."""
        try:
            await eventually(lambda: what in self.words, timeout=timeout, what=f"{self.name} to say {what!r}")
        except AssertionError as in_vain:
            raise AssertionError(f"{in_vain}; it said:\n{self.words[-3000:]}") from None

    async def ends(self, *, timeout: float = 20.0) -> int:
        """Wait for its end; the exit code."""
        await eventually(lambda: self.exit_code is not None, timeout=timeout, what=f"{self.name} to end")
        assert self.exit_code is not None
        return self.exit_code


class Crew:
    """All worker processes of a test. Leaving the block kills those that still live."""

    def __init__(self, database_url: str, nats_url: str, folder: Path) -> None:
        self._variables = {
            **{name: value for name, value in os.environ.items() if not name.startswith("METARR_")},
            "METARR_DATABASE_URL": database_url,
            "METARR_NATS_URL": nats_url,
            "METARR_DATA_DIR": str(folder),
            "METARR_LOG_LEVEL": "info",
            "PYTHONPATH": os.pathsep.join(sys.path),
        }
        self._folder = folder
        self._started: list[WorkerProcess] = []

    def __enter__(self) -> "Crew":
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._started:
            if worker.exit_code is None:
                worker.kill()

    def start(self, name: str, orders: Orders, *, service: str = "enricher") -> WorkerProcess:
        """A new process under this name; it need not be ready yet."""
        program = Program(
            name=name,
            argv=(sys.executable, "-m", "support.kill_worker", service, msgspec.json.encode(orders).decode()),
            variables={**self._variables, "METARR_WORKER_ID": name},
        )
        worker = WorkerProcess(program, self._folder / f"{len(self._started)}-{name}.log")
        self._started.append(worker)
        return worker

    async def ready(self, name: str, orders: Orders, *, service: str = "enricher") -> WorkerProcess:
        """The same, when it is ready."""
        worker = self.start(name, orders, service=service)
        await worker.says(READY)
        return worker
