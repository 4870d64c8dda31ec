"""`metarr backup` and `metarr restore`: everything that cannot be made again, in one file and back."""

import asyncio
import os
import tempfile
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

from metarr.db.migrate import migrate, pending, versions
from metarr.errors import Conflict, MetarrError
from metarr.runtime import VERSION
from metarr.runtime.environment import Environment
from metarr_local import archive, maintenance, postgres
from metarr_local.private_files import read_private, write_private
from metarr_local.processes import Program, run_to_end

_DUMP_TIMEOUT = 3600.0
# A database that nobody has used yet: no tables, or no library in them.
_HAS_LIBRARIES = "SELECT count(*) FROM libraries"
_HAS_TABLES = "SELECT to_regclass('libraries') IS NOT NULL"


class ToolFailed(MetarrError):
    """One of PostgreSQL's own programs could not do its work; the text is what it said."""


def backup(environment: Environment, target: Path | None, *, artwork: bool) -> Path:
    """Write a backup, whole or not at all, readable by its owner only; its path. The system may run meanwhile."""
    folder = Path(environment.data_dir)
    now = datetime.now(UTC)
    path = target or folder / "backups" / f"metarr-{now:%Y%m%d-%H%M%S}.zip"
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".backup-", dir=path.parent) as scratch:
        dump = Path(scratch) / archive.DUMP
        migration = asyncio.run(_dump(environment, dump))
        manifest = archive.Manifest(
            format=archive.FORMAT, version=VERSION, created_at=now.isoformat(), migration=migration, artwork=artwork
        )
        files = archive.assets(folder) if artwork else iter(())
        unfinished = Path(scratch) / "unfinished"
        with open(unfinished, "xb", opener=_private) as out:
            archive.write(out, manifest, dump, read_private(folder / "api_key"), files)
            out.flush()
            os.fsync(out.fileno())
        unfinished.replace(path)
    return path


def restore(environment: Environment, source: Path, *, force: bool) -> archive.Manifest:
    """Put a backup in place of what is there; what it says about itself. The system must not run.

    Raises BackupRefused for a file that is no whole backup, Conflict when the database holds libraries and `force` is not
    given. The database changes in one transaction: it is the old one or the new one.
    """
    folder = Path(environment.data_dir)
    try:
        with zipfile.ZipFile(source) as file:
            return _restore(environment, archive.Backup(file), folder, force=force)
    except (zipfile.BadZipFile, OSError) as wrong:
        raise archive.BackupRefused(f"{source} cannot be read as a backup: {wrong}") from wrong


def _restore(environment: Environment, content: archive.Backup, folder: Path, *, force: bool) -> archive.Manifest:
    manifest = content.manifest
    if manifest.migration is not None and manifest.migration not in versions():
        raise archive.BackupRefused(f"this backup was made by Metarr {manifest.version}, which is newer: update first")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    archive.check_space(folder, 2 * content.size)
    with tempfile.TemporaryDirectory(prefix=".restore-", dir=folder) as scratch:
        dump = Path(scratch) / archive.DUMP
        content.extract_dump(dump)
        content.extract_assets(folder)  # first: files under their own hash do no harm where the rest fails
        asyncio.run(_load(environment, dump, force=force))
    if content.key is not None:
        write_private(folder / "api_key", content.key)
    return manifest


async def _dump(environment: Environment, target: Path) -> str | None:
    async with maintenance.database(environment) as url:
        await _tool(url, "pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={target}")
        waiting = await pending(url)
    applied = [version for version in versions() if version not in waiting]
    return applied[-1] if applied else None


async def _load(environment: Environment, dump: Path, *, force: bool) -> None:
    async with maintenance.database(environment, alone=True) as url:
        if not force and await _is_used(url):
            raise Conflict("the database already holds libraries: --force puts the backup in their place")
        in_one = ("--single-transaction", "--exit-on-error", "--clean", "--if-exists", "--no-owner", "--no-privileges")
        await _tool(url, "pg_restore", *in_one, str(dump))
        await migrate(url)


async def _is_used(url: str) -> bool:
    return await _ask(url, _HAS_TABLES) == "t" and await _ask(url, _HAS_LIBRARIES) != "0"


async def _ask(url: str, question: str) -> str:
    return (await _tool(url, "psql", "--no-psqlrc", "--tuples-only", "--no-align", "--command", question)).strip()


async def _tool(url: str, name: str, *arguments: str) -> str:
    """What one of PostgreSQL's programs says. The password goes by environment: a command line is seen by everybody."""
    address, password = _without_password(url)
    variables = {**os.environ, **({"PGPASSWORD": password} if password else {})}
    program = Program(name=name, argv=(postgres.tool(name), f"--dbname={address}", *arguments), variables=variables)
    done = await asyncio.to_thread(run_to_end, program, timeout=_DUMP_TIMEOUT)
    if done.returncode != 0:
        raise ToolFailed(f"{name}: {' '.join(done.stderr.split())[-400:]}")
    return done.stdout


def _without_password(url: str) -> tuple[str, str | None]:
    parts = urlsplit(url)
    if parts.password is None:
        return url, None
    user, _, host = parts.netloc.rpartition("@")
    bare = parts._replace(netloc=f"{user.partition(':')[0]}@{host}")
    return urlunsplit(bare), unquote(parts.password)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
