"""The shelf that the publisher's tests stand their films on."""

from pathlib import Path

import pytest

from metarr.db import Database
from support.publishing import Shelf
from support.running import RunJob


@pytest.fixture
async def shelf(db: Database, library_root: Path, tmp_path: Path, run_job: RunJob) -> Shelf:
    async with db.transaction() as conn:
        library_id = await conn.fetchval(
            "INSERT INTO libraries (name, path, type) VALUES ('Films', $1, 'movie') RETURNING id", str(library_root)
        )
    return Shelf(db, library_root, tmp_path / "data", run_job, library_id)
