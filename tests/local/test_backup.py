"""Backup and restore: everything comes back, nothing else gets in, and what was there stays when it fails."""

import asyncio
import hashlib
import os
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path

import asyncpg
import msgspec
import pytest

from metarr.errors import ConfigurationError, Conflict
from metarr.runtime.environment import Environment
from metarr_api.key import load_key
from metarr_local import archive, backup, data_directory

PICTURE = b"a picture, as far as a backup cares"
HASH = hashlib.sha256(PICTURE).hexdigest()
INSIDE = f"cache/assets/{HASH[:2]}/{HASH[2:4]}/{HASH}.jpg"


@pytest.fixture
def environment(tmp_path: Path, database_url: str) -> Environment:
    return Environment(data_dir=str(tmp_path / "data"), database_url=database_url)


@pytest.fixture
def home(environment: Environment) -> Path:
    folder = Path(environment.data_dir)
    picture = folder / INSIDE
    picture.parent.mkdir(parents=True)
    picture.write_bytes(PICTURE)
    load_key(environment)
    return folder


async def run(url: str, statement: str) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetch(statement)
    finally:
        await connection.close()


async def names(url: str) -> list[str]:
    return [row["name"] for row in await run(url, "SELECT name FROM libraries ORDER BY name")]


ADD = "INSERT INTO libraries (name, path, type) VALUES ('{0}', '/{0}', 'movie')"


async def test_what_was_saved_comes_back_on_an_empty_machine(
    environment: Environment, home: Path, postgres: Callable[[str], str], tmp_path: Path
) -> None:
    assert environment.database_url is not None
    await run(environment.database_url, ADD.format("Films"))
    saved = await _apart(backup.backup, environment, None, artwork=True)
    await run(postgres("postgres"), "CREATE DATABASE restored")
    elsewhere = Environment(data_dir=str(tmp_path / "new"), database_url=postgres("restored"))
    await _apart(backup.restore, elsewhere, saved, force=False)
    assert await names(postgres("restored")) == ["Films"]
    assert (tmp_path / "new" / INSIDE).read_bytes() == PICTURE
    assert (tmp_path / "new" / "api_key").read_text() == (home / "api_key").read_text()
    await run(postgres("postgres"), "DROP DATABASE restored")


async def test_a_backup_is_private_and_holds_artwork_only_when_asked(environment: Environment, home: Path) -> None:
    saved = await _apart(backup.backup, environment, None, artwork=False)
    with zipfile.ZipFile(saved) as file:
        inside = file.namelist()
    assert (sorted(inside), stat.S_IMODE(saved.stat().st_mode)) == (
        ["api_key", "database.dump", "manifest.json"],
        0o600,
    )


async def test_a_database_in_use_is_replaced_only_by_force(environment: Environment, home: Path) -> None:
    assert environment.database_url is not None
    await run(environment.database_url, ADD.format("Old"))
    saved = await _apart(backup.backup, environment, None, artwork=False)
    await run(environment.database_url, ADD.format("New"))
    with pytest.raises(Conflict, match="--force"):
        await _apart(backup.restore, environment, saved, force=False)
    before = await names(environment.database_url)
    await _apart(backup.restore, environment, saved, force=True)
    assert (before, await names(environment.database_url)) == (["New", "Old"], ["Old"])


async def test_a_running_system_is_not_restored_over(environment: Environment, home: Path) -> None:
    saved = await _apart(backup.backup, environment, None, artwork=False)
    with data_directory.held(home), pytest.raises(ConfigurationError, match="already runs"):
        await _apart(backup.restore, environment, saved, force=True)
    assert data_directory.is_held(home) is False


def made(path: Path, parts: dict[str, bytes], *, compression: int = zipfile.ZIP_STORED) -> Path:
    manifest = archive.Manifest(format=1, version="0", created_at="now", migration=None, artwork=True)
    whole = {archive.MANIFEST: msgspec.json.encode(manifest), archive.DUMP: b"", **parts}
    with zipfile.ZipFile(path, "w", compression) as file:
        for name, data in whole.items():
            file.writestr(name, data)
    return path


@pytest.mark.parametrize(
    "name",
    [
        "../outside",
        "/etc/outside",
        "cache/assets/../../outside.jpg",
        f"cache/assets/00/00/{HASH}.jpg",
        "cache\\assets\\outside",
        f"{INSIDE}/../x",
    ],
)
def test_a_name_that_no_backup_has_is_refused_before_anything_is_written(tmp_path: Path, name: str) -> None:
    bad = made(tmp_path / "bad.zip", {name: b"x"})
    with pytest.raises(archive.BackupRefused):
        backup.restore(Environment(data_dir=str(tmp_path / "data")), bad, force=True)
    assert sorted(os.listdir(tmp_path)) == ["bad.zip"]


def test_a_compressed_part_is_refused(tmp_path: Path) -> None:
    bomb = made(tmp_path / "bomb.zip", {INSIDE: b"\0" * 10_000_000}, compression=zipfile.ZIP_DEFLATED)
    with pytest.raises(archive.BackupRefused, match="compressed"):
        backup.restore(Environment(data_dir=str(tmp_path / "data")), bomb, force=True)


def test_a_picture_that_is_not_what_its_name_says_is_refused(tmp_path: Path) -> None:
    bad = made(tmp_path / "bad.zip", {INSIDE: b"another picture"})
    with pytest.raises(archive.BackupRefused, match="damaged"):
        backup.restore(Environment(data_dir=str(tmp_path / "data")), bad, force=True)
    assert not (tmp_path / "data" / INSIDE).exists()


@pytest.mark.parametrize("content", [b"", b"no archive at all", b"PK\x03\x04"])
def test_a_file_that_is_no_backup_is_refused_in_plain_words(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(archive.BackupRefused, match="cannot be read as a backup"):
        backup.restore(Environment(data_dir=str(tmp_path / "data")), tmp_path / "file", force=True)


def test_a_backup_of_a_newer_metarr_is_refused(tmp_path: Path) -> None:
    manifest = archive.Manifest(format=2, version="9.9", created_at="later", migration="9999", artwork=False)
    newer = made(tmp_path / "newer.zip", {archive.MANIFEST: msgspec.json.encode(manifest)})
    with pytest.raises(archive.BackupRefused, match="newer"):
        backup.restore(Environment(data_dir=str(tmp_path / "data")), newer, force=True)


async def _apart[**P, T](work: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
    """Commands open an event loop of their own."""
    return await asyncio.to_thread(work, *arguments, **named)
