"""Squawk's opinion of the migrations: what would lock a busy table, or could not be run again."""

import subprocess
import sys
from pathlib import Path

from metarr.db.migrate import render, versions

NOT_FOR_US = (
    "prefer-bigint-over-int",  # years, sizes in pixels and counts; ids and file sizes are bigint
    "prefer-text-field",  # Alembic's own table
    "require-lock-timeout",  # set on the connection that migrates
    "require-statement-timeout",  # an index on a large library may take its time
    "transaction-nesting",  # each version is rendered with its own transaction
)


def test_squawk_finds_nothing_to_complain_about(tmp_path: Path) -> None:
    script = tmp_path / "migrations.sql"
    script.write_text(render(None, versions()[-1]))
    squawk = Path(sys.executable).with_name("squawk")
    seen = subprocess.run(
        [squawk, "--pg-version=18", "--assume-in-transaction", f"--exclude={','.join(NOT_FOR_US)}", script],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert seen.returncode == 0, seen.stdout
