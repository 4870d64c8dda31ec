"""What health says of the store of pictures and of its disk."""

import shutil
from typing import Any

import httpx
import pytest

from metarr.db import Database
from support.rows import insert_asset

GIB = 1024**3


async def check(api: httpx.AsyncClient, name: str) -> dict[str, Any]:
    report = (await api.get("/api/v1/system/health")).json()
    (found,) = [one for one in report["checks"] if one["name"] == name]
    return dict(found)


@pytest.mark.parametrize(
    ("total", "free", "state"),
    [
        (4000, 3, "ok"),
        (4000, 1.5, "warning"),
        (4000, 0.9, "wrong"),
        (16, 1.5, "warning"),
        (16, 0.2, "warning"),
        (16, 0.1, "wrong"),
    ],
)
async def test_a_disk_that_takes_no_artwork_any_more_is_wrong_and_one_that_soon_will_not_a_warning(
    api: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, total: float, free: float, state: str
) -> None:
    usage = shutil._ntuple_diskusage(int(total * GIB), int((total - free) * GIB), int(free * GIB))
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    found = await check(api, "disk")
    assert (found["state"], bool(found["remedy"])) == (state, state != "ok")


async def test_lost_pictures_are_a_warning_with_what_is_done_about_them(api: httpx.AsyncClient, db: Database) -> None:
    assert (await check(api, "store"))["message"] == "its rows and files have not been compared yet"
    async with db.transaction() as conn:
        asset = await insert_asset(conn, 1)
        await conn.execute("UPDATE cache_assets SET lost_at = now() WHERE id = $1", asset)
    found = await check(api, "store")
    assert (found["state"], found["message"]) == ("warning", "1 pictures are lost from the store or damaged")
    assert "schedules/reconcile_store/run" in found["remedy"]


async def test_files_that_no_row_knows_are_told_once_all_parts_were_compared(
    api: httpx.AsyncClient, db: Database
) -> None:
    async with db.transaction() as conn:
        for part in range(256):
            values = {"pictures": 1, "lost": 0, "unknown_files": 2, "unknown_bytes": 8192}
            await conn.execute(
                "INSERT INTO store_parts (part, checked_at, pictures, lost, unknown_files, unknown_bytes) "
                "VALUES ($1, '2026-03-01', $2, $3, $4, $5)",
                part,
                *values.values(),
            )
    found = await check(api, "store")
    assert (found["state"], found["message"]) == (
        "ok",
        "every picture had its file on 2026-03-01; 512 files that nothing shows (2.0 MiB) go with the next sweep",
    )
    assert found["remedy"] == ""
