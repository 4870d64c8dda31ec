"""Takes a picture that others have put there into the store, before something of ours takes its place."""

from metarr.blobs import Blob, BlobStore
from metarr.db.queries.publish_record import AdoptedImage
from metarr.domain.publication import PlannedFile
from metarr_publisher.folder import Folder

LARGEST_PICTURE = 50 << 20
"""Bytes; what is larger is no artwork (BEHAVIOUR 3.1). It still goes to the recycle bin."""

_PNG = b"\x89PNG\r\n\x1a\n"
_MIME_TYPES = {"jpg": "image/jpeg", "png": "image/png", "webp": "image/webp"}


def store_picture(folder: Folder, name: str, store: BlobStore) -> Blob | None:
    """The picture under this name, in the store; None for what is no picture.

    Raises OSError when it cannot be read, Transient when the store cannot take it.
    """
    data = folder.read(name, LARGEST_PICTURE)
    extension = _extension(data) if data else None
    return store.put(data, extension) if data is not None and extension is not None else None


def adopted_image(movie_id: int, file: PlannedFile, blob: Blob, kept: str, mtime_ns: int) -> AdoptedImage:
    """What to record of a stored picture; a portrait becomes a candidate of its actor."""
    actor = file.actor_id is not None
    return AdoptedImage(
        entity_type="actor" if actor else "movie",
        entity_id=file.actor_id if file.actor_id is not None else movie_id,
        asset_type="thumb" if actor else file.kind,
        content_hash=blob.content_hash,
        file_path=blob.path,
        file_size=blob.size,
        mime_type=_MIME_TYPES[blob.path.rpartition(".")[2]],
        kept_path=kept,
        mtime_ns=mtime_ns,
    )


def _extension(data: bytes) -> str | None:
    """By content, never by name."""
    if data.startswith(b"\xff\xd8\xff"):
        return "jpg"
    if data.startswith(_PNG):
        return "png"
    return "webp" if data[:4] == b"RIFF" and data[8:12] == b"WEBP" else None
