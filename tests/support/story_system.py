"""The real system for stories of sudden death: `metarr up` with its own PostgreSQL, NATS and five services, and ways to kill them."""

import asyncio
import os
import shutil
import signal
import socket
import sqlite3
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from pathlib import Path
from typing import Any

import asyncpg
import httpx

from metarr_local import postgres
from metarr_local.private_files import read_private
from support.story_house import KEPT_TABLES
from support.story_provider import StoryProvider
from support.waiting import eventually

KEY = "the-key-of-the-stories"
_GONE = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError)

OPEN_WORK = """
SELECT (SELECT count(*) FROM job_queue WHERE status IN ('running', 'pending')) + (SELECT count(*) FROM event_outbox)
"""

LEFT = "SELECT * FROM job_queue WHERE status IN ('running', 'pending') ORDER BY id"


class System:
    """One data directory. `words` is where all that the processes say ends up."""

    def __init__(self, folder: Path, provider: StoryProvider) -> None:
        self.data_dir = folder / "data"
        self.words = folder / "words.txt"
        self.provider = provider
        self._port = _free_port()
        self._process: Process | None = None

    # Life and death

    async def start(self) -> None:
        """`metarr up`; returns when it says that it is ready."""
        ours = {name: value for name, value in os.environ.items() if not name.startswith("METARR_")}
        told = {"METARR_API_KEY": KEY, "METARR_LOG_LEVEL": "info", "PYTHONPATH": os.pathsep.join(sys.path)}
        flags = ("--data-dir", str(self.data_dir), "--port", str(self._port))
        with self.words.open("ab") as words:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "metarr_local", "up", *flags),
                env={**ours, **self.provider.variables, **told},
                stdin=DEVNULL,
                stdout=PIPE,
                stderr=words,
            )
        assert self._process.stdout is not None
        async with asyncio.timeout(120):
            said = await self._process.stdout.readline()
        assert said.startswith(b"metarr ready on"), f"{said!r}; {self.words.read_text()[-3000:]}"
        await self.all_well()

    async def all_well(self) -> None:
        """Wait until every part that was killed is at work again."""
        await eventually(self._all_work, timeout=60, what="all parts to be ready")

    async def _all_work(self) -> bool:
        try:
            return bool((await self.ask("GET", "/system/status"))["workers"]) and await self._workers_live()
        except (httpx.HTTPError, AssertionError):
            return False

    async def _workers_live(self) -> bool:
        alive = await self.look("SELECT service, pid FROM workers WHERE NOT stopping")
        return {(name, self.pid(name)) for name in ("scanner", "enricher", "cache", "publisher")} <= set(
            map(tuple, alive)
        )

    async def stop(self) -> None:
        """End it as Ctrl-C does."""
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(signal.SIGINT)
            async with asyncio.timeout(60):
                await self._process.wait()

    async def kill_supervisor(self) -> None:
        assert self._process is not None
        self._process.kill()
        await self._process.wait()

    def pid(self, part: str) -> int:
        return int(read_private(self.data_dir / "run" / f"{part}.pid") or 0)

    async def kill(self, *parts: str) -> None:
        """kill -9, all of them at once; returns when other processes have taken their places."""
        old = {part: self.pid(part) for part in parts}
        for pid in old.values():
            os.kill(pid, signal.SIGKILL)
        for part in parts:
            await eventually(
                lambda part=part: self.pid(part) not in (0, old[part]), timeout=40, what=f"{part} to come back"
            )

    # What a person does

    async def ask(self, verb: str, path: str, **more: Any) -> Any:
        async with httpx.AsyncClient(headers={"x-api-key": KEY}, trust_env=False, timeout=20) as client:
            answer = await client.request(verb, f"http://127.0.0.1:{self._port}/api/v1{path}", **more)
        assert answer.is_success, answer.text
        return answer.json()

    async def begin_scan(self, root: Path) -> None:
        """A new library is added, and its first scan asked for."""
        library = await self.ask("POST", "/libraries", json={"name": root.name, "path": str(root), "type": "movie"})
        await self.ask("POST", f"/libraries/{library['id']}/scan")

    async def settle(self, timeout: float = 90) -> None:
        """Wait until no job runs or waits and every fact is told, whoever dies meanwhile."""
        try:
            await eventually(self._is_quiet, timeout=timeout, what="all jobs to end")
        except AssertionError as in_vain:
            left = await self.look(LEFT)
            told = await self.look("SELECT count(*), min(created_at) FROM event_outbox")
            words = "\n".join(self.words.read_text().splitlines()[-40:])
            raise AssertionError(
                f"{in_vain}; open jobs: {left}; facts not told: {told}; last words:\n{words}"
            ) from None

    async def _is_quiet(self) -> bool:
        rows = await self.look(OPEN_WORK)
        return bool(rows) and rows[0][0] == 0

    async def moment(self, kind: str, completed: int) -> None:
        """Wait for the moment when so many jobs of a kind are done and another one runs (or did so between two looks)."""
        statement = """
            SELECT count(*) FILTER (WHERE status = 'completed') >= $2
               AND count(*) FILTER (WHERE status IN ('completed', 'running')) > $2
            FROM job_queue WHERE kind = $1
        """

        async def is_now() -> bool:
            rows = await self.look(statement, kind, completed)
            return bool(rows) and rows[0][0]

        await eventually(is_now, timeout=60, what=f"{kind} to run after {completed}")

    # What a story looks at

    async def look(self, statement: str, *arguments: Any) -> list[Any]:
        """Rows of the database; none while it is gone."""
        try:
            connection = await asyncpg.connect(self._database_url, timeout=5)
        except _GONE:
            return []
        try:
            return list(await connection.fetch(statement, *arguments))
        except _GONE:
            return []
        finally:
            connection.terminate()

    @property
    def _database_url(self) -> str:
        return postgres.locate(self.data_dir / "postgres").url()

    async def forget_everything(self) -> None:
        """As if nothing had ever been scanned: rows, stored pictures and kept answers go; the processes stay."""
        await self.all_well()
        tables = [row[0] for row in await self.look("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
        doomed = sorted(set(tables).difference(KEPT_TABLES))
        assert doomed
        await self.look(f"TRUNCATE {', '.join(doomed)} RESTART IDENTITY CASCADE")
        await self.look("UPDATE provider_config SET rate_limit_per_second = 1000")
        shutil.rmtree(self.data_dir / "cache" / "assets", ignore_errors=True)
        _empty(self.data_dir / "cache" / "answers" / "answers.db")
        self.provider.asked.clear()


def _empty(answers: Path) -> None:
    """The kept answers go while the enricher has the file open."""
    if answers.exists():
        with sqlite3.connect(answers, timeout=10) as kept:
            for (table,) in kept.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
                kept.execute(f"DELETE FROM {table}")
        kept.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
