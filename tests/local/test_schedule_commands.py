"""`metarr schedules` against a real API: list, run, set."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from metarr.bus import Bus
from metarr.db import Database
from metarr_local import schedule_commands
from metarr_local.client import ApiError
from metarr_local.place import Place
from support.api import KEY, make_tools, served


@pytest.fixture
async def place(db: Database, bus: Bus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Place]:
    monkeypatch.setenv("METARR_API_KEY", KEY)
    async with served(make_tools(db, bus, tmp_path / "data")) as address:
        yield Place(data_dir=str(tmp_path / "data"), port=urlsplit(address).port)


async def say(capsys: pytest.CaptureFixture[str], command: Callable[[], None]) -> str:
    """The last line that a command prints; it blocks, and so runs in a thread."""
    await asyncio.to_thread(command)
    return capsys.readouterr().out.splitlines()[-1]  # above it stand the log lines of the API


async def test_schedules_are_listed(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    await asyncio.to_thread(schedule_commands.show, place=place)
    assert {"prune_history", "sweep_cache", "local"} <= set(capsys.readouterr().out.split())


async def test_a_task_runs_now(place: Place, db: Database, capsys: pytest.CaptureFixture[str]) -> None:
    said = await say(capsys, lambda: schedule_commands.run("prune_history", place=place))
    async with db.read() as conn:
        job = await conn.fetchval("SELECT id FROM job_queue WHERE kind = 'PruneHistory'")
    assert said == f"prune_history is job {job}"
    assert await say(capsys, lambda: schedule_commands.run("scan", place=place)) == "scan: there is nothing to do"


async def test_a_task_is_moved_and_switched_off(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    moved = await say(capsys, lambda: schedule_commands.change("verify", cron="0 5 * * 6", timezone="UTC", place=place))
    assert moved.startswith("verify comes next at ")
    off = await say(capsys, lambda: schedule_commands.change("verify", enabled=False, place=place))
    assert off == "verify is switched off"
    with pytest.raises(ApiError, match="cron must have five fields"):
        await asyncio.to_thread(schedule_commands.change, "verify", cron="at night", place=place)
