"""What a backup is: one file with the database, the key of the API and, if wanted, the artwork."""

import hashlib
import os
import re
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import msgspec
from msgspec import Struct

from metarr.errors import MetarrError

FORMAT = 1
MANIFEST = "manifest.json"
DUMP = "database.dump"
KEY = "api_key"
_ASSET = re.compile(r"cache/assets/([0-9a-f]{2})/([0-9a-f]{2})/(\1\2[0-9a-f]{60})\.[a-z0-9]{1,8}")
_LARGEST_SMALL = 64 * 1024
_CHUNK = 1024 * 1024


class BackupRefused(MetarrError):
    """A backup file that is none, is damaged, or holds what no backup holds."""


class Manifest(Struct, frozen=True, kw_only=True):
    """What the backup says about itself. `created_at` is RFC 3339 UTC."""

    format: int
    version: str
    created_at: str
    migration: str | None
    artwork: bool


def assets(data_dir: Path) -> Iterator[tuple[Path, str]]:
    """The cached files under the data directory and their names in a backup, in a stable order."""
    root = data_dir / "cache" / "assets"
    for folder, inner, files in os.walk(root):
        inner.sort()
        for name in sorted(files):
            file = Path(folder) / name
            inside = file.relative_to(data_dir).as_posix()
            if _ASSET.fullmatch(inside):
                yield file, inside


def write(
    target: IO[bytes], manifest: Manifest, dump: Path, key: str | None, files: Iterator[tuple[Path, str]]
) -> None:
    """Write a backup. Nothing is compressed here: the dump already is, and pictures do not get smaller."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(MANIFEST, msgspec.json.encode(manifest))
        archive.write(dump, DUMP)
        if key is not None:
            archive.writestr(KEY, key)
        for file, inside in files:
            archive.write(file, inside)


class Backup:
    """A backup that has been looked at: it holds only what a backup holds, and all of it fits on the disk.

    Names are compared with what we write ourselves and never used as paths as they come, so none can lead elsewhere.
    """

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._check_names()
        self.manifest = self._manifest()

    @property
    def size(self) -> int:
        """Bytes that its contents take."""
        return sum(entry.file_size for entry in self._archive.infolist())

    @property
    def key(self) -> str | None:
        """The key of the API, None when the system got it from its environment."""
        return self._small(KEY).decode() if KEY in self._archive.namelist() else None

    def extract_dump(self, target: Path) -> None:
        """Write the dump to `target`, mode 0600. Raises BackupRefused."""
        self._copy(DUMP, target)

    def extract_assets(self, data_dir: Path) -> int:
        """Write the artwork below `data_dir`, checked against the hash that is its name; how many. Raises BackupRefused."""
        count = 0
        for entry in self._archive.infolist():
            match = _ASSET.fullmatch(entry.filename)
            if match is None:
                continue
            target = data_dir / entry.filename
            target.parent.mkdir(parents=True, exist_ok=True)
            unfinished = target.with_name(f".{target.name}.restoring")
            if self._copy(entry.filename, unfinished) != match.group(3):
                unfinished.unlink()
                raise BackupRefused(f"{entry.filename} in the backup is damaged: its bytes are not those of its hash")
            unfinished.replace(target)
            count += 1
        return count

    def _check_names(self) -> None:
        names = self._archive.namelist()
        for name in names:
            if name not in {MANIFEST, DUMP, KEY} and not _ASSET.fullmatch(name):
                raise BackupRefused(f"no backup of Metarr: it holds {name[:80]!r}")
        if len(set(names)) != len(names) or not {MANIFEST, DUMP} <= set(names):
            raise BackupRefused("no backup of Metarr: its parts are missing or doubled")
        if any(entry.compress_type != zipfile.ZIP_STORED for entry in self._archive.infolist()):
            raise BackupRefused("no backup of Metarr: its parts are compressed")

    def _manifest(self) -> Manifest:
        try:
            manifest = msgspec.json.decode(self._small(MANIFEST), type=Manifest)
        except msgspec.MsgspecError as wrong:
            raise BackupRefused(f"no backup of Metarr: {wrong}") from wrong
        if manifest.format != FORMAT:
            raise BackupRefused(
                f"this backup was made by Metarr {manifest.version}, which is newer: update Metarr first"
            )
        return manifest

    def _small(self, name: str) -> bytes:
        if self._archive.getinfo(name).file_size > _LARGEST_SMALL:
            raise BackupRefused(f"no backup of Metarr: {name} is too large")
        return self._archive.read(name)

    def _copy(self, name: str, target: Path) -> str:
        """Write one part to `target`; the SHA-256 of what was written."""
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        digest = hashlib.sha256()
        try:
            with open(descriptor, "wb") as out, self._archive.open(name) as part:
                while chunk := part.read(_CHUNK):
                    digest.update(chunk)
                    out.write(chunk)
        except zipfile.BadZipFile as wrong:
            raise BackupRefused(f"{name} in the backup is damaged: {wrong}") from wrong
        return digest.hexdigest()


def check_space(folder: Path, needed: int) -> None:
    """Raises BackupRefused when `needed` bytes do not fit below `folder`."""
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise BackupRefused(f"{needed // 2**20} MiB are needed on the disk of {folder} and {free // 2**20} are free")
