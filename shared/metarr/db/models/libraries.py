"""Libraries and what the last walk saw in their folders."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from metarr.db.models.base import Base, BigInt, Enabled, Id, Now, one_of


class Library(Base):
    """A root folder of one media type. Written by the API; last_scan_at, mount_* and root_* by the scanner.

    root_device and root_inode are st_dev and st_ino as signed 64-bit numbers: what the mount guard recognises a disk by.
    """

    __tablename__ = "libraries"
    __table_args__ = (
        UniqueConstraint("path"),
        one_of("type", "movie", "tv", "music"),
        one_of("mount_state", "unknown", "ok", "missing", "empty", "shrunk", "replaced"),
        Index("idx_libraries_type", "type"),
    )

    id: Mapped[Id]
    name: Mapped[str]
    path: Mapped[str]
    type: Mapped[str]
    enabled: Mapped[Enabled]
    last_scan_at: Mapped[datetime | None]
    mount_state: Mapped[str] = mapped_column(server_default="unknown")
    mount_detail: Mapped[str | None]
    root_device: Mapped[BigInt | None]
    root_inode: Mapped[BigInt | None]
    created_at: Mapped[Now]
    updated_at: Mapped[Now]


class LibraryFolder(Base):
    """A folder as the last scan left it; one whose mtime_ns is still the same need not be opened. Written by the scanner."""

    __tablename__ = "library_folders"

    library_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("libraries.id", ondelete="CASCADE"), primary_key=True
    )
    path: Mapped[str] = mapped_column(primary_key=True)
    mtime_ns: Mapped[BigInt]
    inode: Mapped[BigInt | None]
    scanned_at: Mapped[datetime | None]
    problem: Mapped[str | None]
