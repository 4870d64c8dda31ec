"""A library is verified in parts: so many films, then the next part behind them."""

from datetime import UTC, datetime
from typing import Any

import pytest

from metarr.errors import Discard
from metarr.messages.facts import VerificationBegun
from metarr.messages.jobs import VerifyLibrary
from support.publishing import Shelf

PUBLISHED = datetime(2026, 1, 1, tzinfo=UTC)


async def begin(shelf: Shelf, after: int = 0) -> VerificationBegun:
    job = VerifyLibrary(library_id=shelf.library_id, after=after)
    fact = await shelf._run_job(shelf.handlers, job, priority=2)
    assert isinstance(fact, VerificationBegun)
    return fact


async def waiting(shelf: Shelf) -> list[tuple[Any, ...]]:
    async with shelf.db.read() as conn:
        rows = await conn.fetch(
            "SELECT kind, entity_id, priority, payload->'after' FROM job_queue WHERE status = 'pending' ORDER BY ready_seq"
        )
    return [tuple(row) for row in rows]


async def test_published_films_are_verified_in_the_background_and_the_next_part_stands_behind_them(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("metarr_publisher.jobs.ROUND", 2)
    films = [await shelf.film(f"{name}/{name}.mkv", last_published_at=PUBLISHED) for name in "ABC"]
    await shelf.film("New/New.mkv")
    await shelf.film("Trash/Trash.mkv", last_published_at=PUBLISHED, deleted_at=PUBLISHED)
    assert await begin(shelf) == VerificationBegun(library_id=shelf.library_id, items=tuple(films[:2]), last=films[1])
    assert await waiting(shelf) == [
        ("VerifyItem", films[0], 10, None),
        ("VerifyItem", films[1], 10, None),
        ("VerifyLibrary", shelf.library_id, 10, films[1]),
    ]
    async with shelf.db.read() as conn:
        await conn.execute("DELETE FROM job_queue")
    assert await begin(shelf, films[1]) == VerificationBegun(library_id=shelf.library_id, items=(films[2],))
    assert await waiting(shelf) == [("VerifyItem", films[2], 10, None)]


async def test_a_library_that_is_offline_is_verified_another_day(shelf: Shelf) -> None:
    await shelf.film("A/A.mkv", last_published_at=PUBLISHED)
    async with shelf.db.read() as conn:
        await conn.execute("UPDATE libraries SET mount_state = 'missing'")
    with pytest.raises(Discard, match="offline"):
        await begin(shelf)
