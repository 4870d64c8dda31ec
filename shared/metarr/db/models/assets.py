"""The content-addressed store as rows: assets, who refers to them, what could be chosen, trailers, what the disk was found to hold."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Numeric, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from metarr.db.models.base import Base, BigInt, Flag, Id, Json, Now, Rating, one_of

ASSET_TYPES = ("poster", "fanart", "banner", "logo", "clearart", "thumb", "discart")


class CacheAsset(Base):
    """A file in the store. Written by the cache; reference_count and last_accessed_at also by the counting triggers.

    content_hash is SHA-256 in hex, perceptual_hash 16 hex digits. With a reference_count of 0, last_accessed_at says since when.
    verified_at is when its bytes were last known to be whole; lost_at since when they are not there or not what they should be.
    """

    __tablename__ = "cache_assets"
    __table_args__ = (
        CheckConstraint("content_hash ~ '^[0-9a-f]{64}$'", name="content_hash"),
        one_of("source_type", "provider", "local", "user"),
        CheckConstraint("reference_count >= 0", name="reference_count"),
        Index("idx_cache_assets_hash", "content_hash", unique=True),
        Index("idx_cache_assets_phash", "perceptual_hash"),
        Index("idx_cache_assets_refs", "last_accessed_at", postgresql_where=text("reference_count = 0")),
        Index("idx_cache_assets_verified", "verified_at", postgresql_where=text("lost_at IS NULL")),
    )

    id: Mapped[Id]
    content_hash: Mapped[str]
    file_path: Mapped[str]
    file_size: Mapped[BigInt]
    mime_type: Mapped[str]
    width: Mapped[int | None]
    height: Mapped[int | None]
    perceptual_hash: Mapped[str | None]
    source_type: Mapped[str]
    source_url: Mapped[str | None]
    provider_name: Mapped[str | None]
    reference_count: Mapped[int] = mapped_column(server_default=text("0"))
    created_at: Mapped[Now]
    last_accessed_at: Mapped[Now]
    verified_at: Mapped[Now]
    lost_at: Mapped[datetime | None]


class AssetLook(Base):
    """The perceptual hash of a stored picture as a number, with an index for each 16 bits. Written by a trigger only, from cache_assets."""

    __tablename__ = "asset_looks"
    __table_args__ = (
        Index("idx_asset_looks_band_1", text("((bits >> 48) & 65535)"), postgresql_include=["bits", "cache_asset_id"]),
        Index("idx_asset_looks_band_2", text("((bits >> 32) & 65535)"), postgresql_include=["bits", "cache_asset_id"]),
        Index("idx_asset_looks_band_3", text("((bits >> 16) & 65535)"), postgresql_include=["bits", "cache_asset_id"]),
        Index("idx_asset_looks_band_4", text("(bits & 65535)"), postgresql_include=["bits", "cache_asset_id"]),
    )

    cache_asset_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("cache_assets.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    bits: Mapped[BigInt]


class AssetReference(Base):
    """Which asset an entity shows in a slot. Written by triggers only, from the entity's artwork columns."""

    __tablename__ = "asset_references"
    __table_args__ = (
        one_of("entity_type", "movie", "series", "season", "episode", "artist", "album"),
        one_of("asset_type", *ASSET_TYPES),
        Index("idx_asset_refs_cache", "cache_asset_id"),
        Index("idx_asset_refs_unique", "entity_type", "entity_id", "asset_type", unique=True),
    )

    id: Mapped[Id]
    cache_asset_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("cache_assets.id", ondelete="CASCADE"))
    entity_type: Mapped[str]
    entity_id: Mapped[BigInt]
    asset_type: Mapped[str]
    created_at: Mapped[Now]


class Trailer(Base):
    """A trailer in the store; duration in seconds. Written by the cache, `locked` by the API."""

    __tablename__ = "trailers"
    __table_args__ = (
        one_of("entity_type", "movie", "series"),
        Index("idx_trailers_cache", "cache_asset_id"),
        Index("idx_trailers_entity", "entity_type", "entity_id"),
    )

    id: Mapped[Id]
    cache_asset_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("cache_assets.id", ondelete="CASCADE"))
    entity_type: Mapped[str]
    entity_id: Mapped[BigInt]
    title: Mapped[str | None]
    duration: Mapped[int | None]
    quality: Mapped[str | None]
    locked: Mapped[Flag]
    created_at: Mapped[Now]


class AssetCandidate(Base):
    """An image that could fill a slot, and why it does or does not.

    Written by who finds it: the scanner (local), the enricher (provider), the API (user); then by the cache, which measures and decides
    (width to reason). source_url is an https or file URI, score 0-100.
    """

    __tablename__ = "asset_candidates"
    __table_args__ = (
        one_of(
            "entity_type", "movie", "series", "season", "episode", "artist", "album", "track", "collection", "actor"
        ),
        one_of("asset_type", *ASSET_TYPES),
        one_of("source_type", "provider", "local", "user"),
        one_of("status", "candidate", "chosen", "rejected", "failed"),
        UniqueConstraint("entity_type", "entity_id", "asset_type", "source_url", name="asset_candidates_source_key"),
        Index("idx_asset_candidates_cache", "cache_asset_id", postgresql_where=text("cache_asset_id IS NOT NULL")),
        Index("idx_asset_candidates_same_as", "same_as", postgresql_where=text("same_as IS NOT NULL")),
    )

    id: Mapped[Id]
    entity_type: Mapped[str]
    entity_id: Mapped[BigInt]
    asset_type: Mapped[str]
    source_type: Mapped[str]
    provider_name: Mapped[str | None]
    source_url: Mapped[str]
    file_size: Mapped[BigInt | None]
    mtime_ns: Mapped[BigInt | None]
    width: Mapped[int | None]
    height: Mapped[int | None]
    language: Mapped[str | None]
    vote_average: Mapped[Rating | None]
    vote_count: Mapped[int | None]
    likes: Mapped[int | None]
    score: Mapped[float | None] = mapped_column(Numeric(6, 2, asdecimal=False))
    score_parts: Mapped[Json | None]
    cache_asset_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("cache_assets.id", ondelete="SET NULL"))
    perceptual_hash: Mapped[str | None]
    status: Mapped[str] = mapped_column(server_default="candidate")
    reason: Mapped[str | None]
    same_as: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("asset_candidates.id", ondelete="SET NULL"))
    created_at: Mapped[Now]
    updated_at: Mapped[Now]


class StorePart(Base):
    """What one of the 256 parts of the store was found to hold when it was last looked at. Written by the cache.

    `unknown_*` are files that no row knows, in `unknown_bytes` bytes.
    """

    __tablename__ = "store_parts"
    __table_args__ = (CheckConstraint("part BETWEEN 0 AND 255", name="part"),)

    part: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    checked_at: Mapped[datetime]
    pictures: Mapped[int]
    lost: Mapped[int]
    unknown_files: Mapped[int]
    unknown_bytes: Mapped[BigInt]
