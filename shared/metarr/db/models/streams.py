"""What a probe found in a media file, stream by stream. All written by the scanner; bitrates in kbit/s."""

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Numeric, text
from sqlalchemy.orm import Mapped, mapped_column

from metarr.db.models.base import Base, BigInt, Flag, Id, Now, one_of


class VideoStream(Base):
    """A video stream; aspect_ratio as "16:9", framerate in frames/s. Written by the scanner."""

    __tablename__ = "video_streams"
    __table_args__ = (
        one_of("entity_type", "movie", "episode", "track"),
        Index("idx_video_streams_entity", "entity_type", "entity_id", "stream_index", unique=True),
    )

    id: Mapped[Id]
    entity_type: Mapped[str]
    entity_id: Mapped[BigInt]
    stream_index: Mapped[int]
    codec: Mapped[str | None]
    width: Mapped[int | None]
    height: Mapped[int | None]
    aspect_ratio: Mapped[str | None]
    framerate: Mapped[float | None] = mapped_column(Numeric(7, 3, asdecimal=False))
    bitrate: Mapped[int | None]
    hdr_type: Mapped[str | None]
    duration_seconds: Mapped[int | None]
    created_at: Mapped[Now]


class AudioStream(Base):
    """An audio stream; language in ISO 639-2. Written by the scanner."""

    __tablename__ = "audio_streams"
    __table_args__ = (
        one_of("entity_type", "movie", "episode", "track"),
        Index("idx_audio_streams_entity", "entity_type", "entity_id", "stream_index", unique=True),
    )

    id: Mapped[Id]
    entity_type: Mapped[str]
    entity_id: Mapped[BigInt]
    stream_index: Mapped[int]
    codec: Mapped[str | None]
    language: Mapped[str | None]
    channels: Mapped[int | None]
    bitrate: Mapped[int | None]
    title: Mapped[str | None]
    default_stream: Mapped[Flag]
    created_at: Mapped[Now]


class SubtitleStream(Base):
    """Subtitles inside the file (stream_index), beside it (file_path) or in the store (cache_asset_id).

    Written by the scanner, cache_asset_id by the cache; language is "und" when nothing tells it.
    """

    __tablename__ = "subtitle_streams"
    __table_args__ = (
        one_of("entity_type", "movie", "episode"),
        CheckConstraint("num_nonnulls(stream_index, cache_asset_id, file_path) >= 1", name="source"),
        Index("idx_subtitle_streams_entity", "entity_type", "entity_id"),
        Index("idx_subtitle_streams_cache", "cache_asset_id"),
        Index(
            "idx_subtitle_streams_embedded",
            "entity_type",
            "entity_id",
            "stream_index",
            unique=True,
            postgresql_where=text("stream_index IS NOT NULL"),
        ),
        Index(
            "idx_subtitle_streams_cached",
            "entity_type",
            "entity_id",
            "cache_asset_id",
            "language",
            "forced",
            unique=True,
            postgresql_where=text("cache_asset_id IS NOT NULL"),
        ),
        Index(
            "idx_subtitle_streams_file",
            "entity_type",
            "entity_id",
            "file_path",
            "language",
            "forced",
            unique=True,
            postgresql_where=text("file_path IS NOT NULL"),
        ),
    )

    id: Mapped[Id]
    entity_type: Mapped[str]
    entity_id: Mapped[BigInt]
    stream_index: Mapped[int | None]
    cache_asset_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("cache_assets.id"))
    file_path: Mapped[str | None]
    language: Mapped[str]
    title: Mapped[str | None]
    format: Mapped[str | None]
    forced: Mapped[Flag]
    default_stream: Mapped[Flag]
    created_at: Mapped[Now]
