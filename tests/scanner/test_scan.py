"""Scanning real folders into a real database: what becomes of them, and what a second look changes."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from metarr.db import Database
from metarr.messages.facts import (
    AnyFact,
    FoldersChanged,
    FoldersVanished,
    ItemIdentified,
    ItemMissing,
    LibraryUnavailable,
    LibraryWalked,
)
from metarr.messages.jobs import ScanFolder, ScanLibrary
from metarr_scanner.jobs import Handlers
from metarr_scanner.names import NameReader
from metarr_scanner.probe import Prober
from support.library import let_time_pass, make_tree
from support.media import make_truncated_video, make_video

NFO = (
    "<movie><title>{title}</title><year>{year}</year><plot>A plot.</plot><uniqueid type='tmdb'>{id}</uniqueid></movie>"
)


class Scanner:
    """Scans a library as the pipeline would: the walk, then a job for each batch of folders."""

    def __init__(self, run_job: Callable[..., Awaitable[Any]], handlers: Handlers, db: Database, root: Path) -> None:
        self._run_job = run_job
        self._handlers = handlers
        self.db = db
        self.root = root
        self.library_id = 0

    async def scan(self, **options: Any) -> list[AnyFact]:
        walked = _listed(await self._run_job(self._handlers, ScanLibrary(library_id=self.library_id, **options)))
        facts = list(walked)
        for fact in walked:
            if isinstance(fact, FoldersChanged | FoldersVanished):
                vanished = isinstance(fact, FoldersVanished)
                facts += await self.scan_folders(*fact.paths, vanished=vanished)
        return facts

    async def scan_folders(self, *paths: str, vanished: bool = False) -> list[AnyFact]:
        job = ScanFolder(library_id=self.library_id, paths=tuple(paths), vanished=vanished)
        return _listed(await self._run_job(self._handlers, job))

    async def films(self, *columns: str) -> list[tuple[Any, ...]]:
        async with self.db.read() as conn:
            rows = await conn.fetch(f"SELECT {', '.join(columns)} FROM movies ORDER BY file_path")
        return [tuple(row) for row in rows]

    async def fetch(self, statement: str, *arguments: Any) -> list[tuple[Any, ...]]:
        async with self.db.read() as conn:
            return [tuple(row) for row in await conn.fetch(statement, *arguments)]


def _listed(outcome: Any) -> list[AnyFact]:
    return [] if outcome is None else list(outcome) if isinstance(outcome, tuple) else [outcome]


def changes(facts: list[AnyFact]) -> list[tuple[str, bool]]:
    return [(fact.change, fact.known) for fact in facts if isinstance(fact, ItemIdentified)]


@pytest.fixture
async def scanner(run_job: Any, db: Database, library_root: Path) -> AsyncIterator[Scanner]:
    async with Prober() as prober, NameReader() as names:
        scanner = Scanner(run_job, Handlers(prober, names), db, library_root)
        async with db.transaction() as conn:
            scanner.library_id = await conn.fetchval(
                "INSERT INTO libraries (name, path, type) VALUES ('Films', $1, 'movie') RETURNING id", str(library_root)
            )
        yield scanner


async def test_a_tidy_film_becomes_a_row_with_its_streams_files_and_pictures(scanner: Scanner) -> None:
    folder = scanner.root / "Arrival (2016) {tmdb-329865}"
    make_video(folder / "Arrival (2016).mkv", 2, audio=("eng", "ger"), subtitles=("eng",))
    make_tree(
        folder,
        {
            "poster.jpg": "p",
            "fanart.jpg": "f",
            ".actors/Amy_Adams.jpg": "a",
            "Arrival (2016).de.forced.srt": "",
            "Arrival (2016)-trailer.mp4": "t",
        },
    )
    facts = await scanner.scan()
    assert changes(facts) == [("new", True)]
    assert await scanner.films("title", "sort_title", "year", "tmdb_id", "identification_status", "file_name") == [
        ("Arrival", "Arrival", 2016, 329865, "identified", "Arrival (2016).mkv")
    ]
    assert await scanner.fetch("SELECT codec, width, duration_seconds FROM video_streams") == [("mpeg4", 64, 2)]
    assert await scanner.fetch("SELECT language FROM audio_streams ORDER BY stream_index") == [("eng",), ("ger",)]
    assert await scanner.fetch("SELECT language, forced, file_path IS NULL FROM subtitle_streams ORDER BY 3") == [
        ("ger", True, False),
        ("eng", False, True),
    ]
    assert await scanner.fetch("SELECT kind FROM local_files ORDER BY kind") == [
        ("actor_image",), ("image",), ("image",), ("subtitle",), ("trailer",), ("video",)
    ]  # fmt: skip
    assert await scanner.fetch("SELECT detail->>'name' FROM local_files WHERE kind = 'actor_image'") == [("Amy Adams",)]
    assert await scanner.fetch(
        "SELECT asset_type, source_type, source_url, status FROM asset_candidates ORDER BY asset_type DESC"
    ) == [
        ("poster", "local", (folder / "poster.jpg").as_uri(), "candidate"),
        ("fanart", "local", (folder / "fanart.jpg").as_uri(), "candidate"),
    ]
