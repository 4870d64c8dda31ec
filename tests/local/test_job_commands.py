"""`metarr jobs` against a real API: what it says of a job, pausing and resuming."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from metarr import queue
from metarr.bus import Bus
from metarr.db import Database
from metarr.db.queries.pauses import list_pauses
from metarr.messages.jobs import ScanLibrary
from metarr.runtime import new_job
from metarr_local import job_commands
from metarr_local.client import ApiError
from metarr_local.place import Place
from support.api import KEY, make_tools, served
from support.rows import insert


@pytest.fixture
async def place(db: Database, bus: Bus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Place]:
    """With one library."""
    monkeypatch.setenv("METARR_API_KEY", KEY)
    monkeypatch.setenv("COLUMNS", "200")
    async with db.transaction() as conn:
        await insert(conn, "libraries", name="Films", path="/films", type="movie")
    async with served(make_tools(db, bus, tmp_path / "data")) as address:
        yield Place(data_dir=str(tmp_path / "data"), port=urlsplit(address).port)


async def paused(db: Database) -> list[tuple[str, str | None]]:
    async with db.read() as conn:
        return [(pause.scope, pause.reason) for pause in await list_pauses(conn)]


@pytest.mark.parametrize(
    ("given", "scope"),
    [
        ("publisher", "service:publisher"),
        ("service:publisher", "service:publisher"),
        ("library:1", "library:1"),
        ("provider:tmdb", "provider:tmdb"),
    ],
)
async def test_a_scope_is_paused_with_a_reason_and_resumed(place: Place, db: Database, given: str, scope: str) -> None:
    await asyncio.to_thread(job_commands.pause, given, reason="night", place=place)
    during = await paused(db)
    await asyncio.to_thread(job_commands.resume, given, place=place)
    assert (during, await paused(db)) == ([(scope, "night")], [])


@pytest.mark.parametrize("given", ["library:9", "provider:imdb", "nobody", "a/../b", ""])
async def test_what_does_not_exist_is_said_to_be_missing(place: Place, db: Database, given: str) -> None:
    with pytest.raises(ApiError, match="there is no"):
        await asyncio.to_thread(job_commands.pause, given, place=place)
    assert await paused(db) == []


async def test_the_list_says_what_is_paused_and_why(
    place: Place, db: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    async with db.transaction() as conn:
        await queue.enqueue(conn, [new_job(ScanLibrary(library_id=1), priority=5)])
        await queue.pause(conn, "library:1", "new disk")
    await asyncio.to_thread(job_commands.show, place=place)
    said: Any = " ".join(capsys.readouterr().out.split())
    assert 'library 1 ("Films") is paused: new disk' in said
    assert "library:1 is paused (new disk) and holds 0; metarr jobs resume library:1" in said
