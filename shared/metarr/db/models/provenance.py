"""What was found, answered, changed, published, and what is wrong, for each entity."""

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint, desc
from sqlalchemy.orm import Mapped, mapped_column

from metarr.db.models.base import Base, BigInt, Id, Json, Now, one_of

ENTITY_TYPES = ("movie", "series", "season", "episode", "artist", "album", "track", "collection")
FILE_KINDS = (
    "video",
    "part",
    "trailer",
    "sample",
    "extra",
    "subtitle",
    "image",
    "actor_image",
    "nfo",
    "theme",
    "unknown",
)


class LocalFile(Base):
    """A file that belongs to an entity, as the last scan saw it. Written by the scanner."""

    __tablename__ = "local_files"
    __table_args__ = (
        one_of("entity_type", *ENTITY_TYPES),
        one_of("kind", *FILE_KINDS),
        UniqueConstraint("entity_type", "entity_id", "path"),
        Index("idx_local_files_library", "library_id", "path"),
    )

    id: Mapped[Id]
    library_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("libraries.id", ondelete="CASCADE"))
    entity_type: Mapped[str]
    entity_id: Mapped[BigInt]
    path: Mapped[str]
    kind: Mapped[str]
    file_size: Mapped[BigInt | None]
    mtime_ns: Mapped[BigInt | None]
    detail: Mapped[Json] = mapped_column(nullable=False, server_default="{}")


class PublishedFile(Base):
    """A file that Metarr wrote, and with what content: what is listed here is ours, everything else is not. Written by the publisher.

    kind is "nfo", "actor_image" or an asset type; content_hash is SHA-256 in hex. `carried` are the bytes of an NFO that holds what others
    wrote into it, which lies nowhere else.
    """

    __tablename__ = "published_files"
    __table_args__ = (
        one_of("entity_type", *ENTITY_TYPES),
        CheckConstraint("content_hash ~ '^[0-9a-f]{64}$'", name="content_hash"),
        UniqueConstraint("path"),
        Index("idx_published_files_entity", "entity_type", "entity_id"),
        Index("idx_published_files_hash", "content_hash"),
    )

    id: Mapped[Id]
    entity_type: Mapped[str]
    entity_id: Mapped[BigInt]
    path: Mapped[str]
    kind: Mapped[str]
    content_hash: Mapped[str]
    file_size: Mapped[BigInt]
    mtime_ns: Mapped[BigInt | None]
    published_at: Mapped[Now]
    carried: Mapped[bytes | None]


class MetadataAnswer(Base):
    """The last thing each source said, so that merging is a pure function of rows and can be explained later.

    Written by the scanner (source "nfo"), the enricher (one row a provider) and the API ("user").
    """

    __tablename__ = "metadata_answers"
    __table_args__ = (one_of("entity_type", *ENTITY_TYPES),)

    entity_type: Mapped[str] = mapped_column(primary_key=True)
    entity_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    source: Mapped[str] = mapped_column(primary_key=True)
    answer: Mapped[Json] = mapped_column(nullable=False)
    received_at: Mapped[Now]


class FieldChange(Base):
    """One change of one field: from what, to what, by whom, in which job. Written by every service that changes metadata."""

    __tablename__ = "field_history"
    __table_args__ = (
        one_of("entity_type", *ENTITY_TYPES),
        Index("idx_field_history_entity", "entity_type", "entity_id", desc("changed_at")),
    )

    id: Mapped[Id]
    entity_type: Mapped[str]
    entity_id: Mapped[BigInt]
    field: Mapped[str]
    old_value: Mapped[Json | None]
    new_value: Mapped[Json | None]
    source: Mapped[str]
    job_id: Mapped[BigInt | None]
    changed_at: Mapped[Now]


class Problem(Base):
    """What a person should know about an entity or a library. Each stage writes its own area and clears it when all is well."""

    __tablename__ = "problems"
    __table_args__ = (
        one_of("entity_type", *ENTITY_TYPES, "library"),
        one_of("area", "scan", "identify", "enrich", "artwork", "publish"),
        UniqueConstraint("entity_type", "entity_id", "area"),
    )

    id: Mapped[Id]
    entity_type: Mapped[str]
    entity_id: Mapped[BigInt]
    area: Mapped[str]
    message: Mapped[str]
    detail: Mapped[Json] = mapped_column(nullable=False, server_default="{}")
    created_at: Mapped[Now]
