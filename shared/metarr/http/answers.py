"""Answers kept on disk, so that asking again costs no call while they are fresh.

Providers often forbid caching or allow minutes only, so freshness is our own policy and hishel is used as a store, not as
an HTTP cache. What is kept names its question by a hash without keys or tokens: no secret lies in the file.
"""

import asyncio
import hashlib
import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from hishel import Headers, Request, Response, SqliteStorage

MAX_BYTES_ON_DISK = 512 * 1024 * 1024


class AnswerStore:
    """One SQLite file, shared by all processes of a machine. When the disk fails, everything is a miss and nothing fails."""

    def __init__(self, folder: Path) -> None:
        self._storage = SqliteStorage(database_path=folder / "answers.db", max_size=MAX_BYTES_ON_DISK)

    async def get(self, question: str) -> bytes | None:
        """The answer while it is fresh."""
        return await asyncio.to_thread(self._get, question)

    async def put(self, question: str, answer: bytes, *, fresh_for: timedelta) -> None:
        """Keep an answer in place of an earlier one."""
        await asyncio.to_thread(self._put, question, answer, fresh_for)

    async def close(self) -> None:
        await asyncio.to_thread(self._storage.close)

    def _get(self, question: str) -> bytes | None:
        entries = self._storage.get_entries(_key(question))
        try:
            return _read(entries[-1].response) if entries else None
        except (RuntimeError, sqlite3.Error):
            return None

    def _put(self, question: str, answer: bytes, fresh_for: timedelta) -> None:
        key = _key(question)
        older = self._storage.get_entries(key)
        entry = self._storage.create_entry(
            Request(method="GET", url=question),
            Response(status_code=200, headers=Headers({}), stream=iter([answer])),
            key,
            ttl=fresh_for.total_seconds(),
        )
        # The storage saves an answer while somebody reads it.
        _read(entry.response)
        for entry in older:
            self._storage.remove_entry(entry.id)


def _key(question: str) -> str:
    return hashlib.sha256(question.encode()).hexdigest()


def _read(response: Response) -> bytes:
    return b"".join(response.stream) if isinstance(response.stream, Iterator) else b""
