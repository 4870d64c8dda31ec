"""Where a blob lies, derived from its hash alone, so that no name from outside ever becomes a path."""

import re
from typing import NamedTuple

from metarr.errors import Invalid

ASSET_DIR = "cache/assets"
THUMBNAIL_DIR = "cache/thumbs"
"""Below the data directory (CONTRACT.md, "Environment"; client's document, "Content-Addressed Cache")."""

THUMBNAIL_EXT = "webp"

THUMBNAIL_WIDTHS: tuple[int, ...] = (160, 320, 640, 1280)
"""Pixels; a fixed set, so that nobody can fill the disk with one thumbnail for every number."""

_HASH = re.compile(r"[0-9a-f]{64}")
_NAME = re.compile(r"([0-9a-f]{64})\.([a-z0-9]{1,8})")


class BlobName(NamedTuple):
    """SHA-256 of the bytes in lower-case hex, and the extension without its dot."""

    content_hash: str
    ext: str

    @property
    def relative(self) -> str:
        """`{ab}/{cd}/{hash}.{ext}`: 65,536 leaf folders."""
        return f"{_shard(self.content_hash)}/{self.content_hash}.{self.ext}"


def blob_name(content_hash: str, ext: str) -> BlobName:
    """Checked parts. Raises Invalid for anything but 64 lower-case hex digits and a short plain extension."""
    return parse_stored(f"{content_hash}.{ext}")


def parse_stored(path: str) -> BlobName:
    """The blob that a stored path (`cache_assets.file_path`) names; only its last part counts. Raises Invalid."""
    match = _NAME.fullmatch(path.rpartition("/")[2])
    if match is None:
        raise Invalid(f"{path!r} is not the path of a stored file")
    return BlobName(match.group(1), match.group(2))


def check_hash(content_hash: str) -> str:
    """The hash itself. Raises Invalid when it is not 64 lower-case hex digits."""
    if not _HASH.fullmatch(content_hash):
        raise Invalid(f"{content_hash!r} is not a content hash")
    return content_hash


def stored_path(content_hash: str, ext: str) -> str:
    """What `cache_assets.file_path` holds: the path below the data directory. Raises Invalid."""
    return f"{ASSET_DIR}/{blob_name(content_hash, ext).relative}"


def thumbnail_path(content_hash: str, width: int, ext: str) -> str:
    """Where the thumbnail of a blob lies below the data directory. Raises Invalid for a width outside the fixed set."""
    if width not in THUMBNAIL_WIDTHS:
        raise Invalid(f"thumbnails are {', '.join(map(str, THUMBNAIL_WIDTHS))} pixels wide, not {width}")
    name = blob_name(content_hash, ext)
    return f"{THUMBNAIL_DIR}/{_shard(name.content_hash)}/{name.content_hash}-{width}.{name.ext}"


def _shard(content_hash: str) -> str:
    return f"{content_hash[:2]}/{content_hash[2:4]}"
