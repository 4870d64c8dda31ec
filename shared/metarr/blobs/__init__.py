"""Content-addressed files: put, open, read, stat, verify. The same bytes are kept once, whoever brings them."""

from metarr.blobs.names import BlobName, stored_path, thumbnail_path
from metarr.blobs.store import Blob, BlobStat, BlobStore

__all__ = ["Blob", "BlobName", "BlobStat", "BlobStore", "stored_path", "thumbnail_path"]
