"""Media players, how they see our paths, and what they were playing."""

from datetime import datetime

from sqlalchemy import REAL, BigInteger, CheckConstraint, ForeignKey, Index, Numeric, UniqueConstraint, desc, text
from sqlalchemy.orm import Mapped, mapped_column

from metarr.db.models.base import Base, BigInt, Enabled, Flag, Id, Now, one_of


class MediaPlayerGroup(Base):
    """Players that share a library. Written by the API."""

    __tablename__ = "media_player_groups"
    __table_args__ = (one_of("type", "kodi", "jellyfin", "plex"),)

    id: Mapped[Id]
    name: Mapped[str]
    type: Mapped[str]
    created_at: Mapped[Now]


class MediaPlayer(Base):
    """One player; password and api_key hold ciphertext, port is its HTTP port. Written by the API, last_ping_at by the publisher."""

    __tablename__ = "media_players"
    __table_args__ = (
        CheckConstraint("port BETWEEN 1 AND 65535", name="port"),
        Index("idx_media_players_group", "group_id"),
    )

    id: Mapped[Id]
    group_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("media_player_groups.id", ondelete="CASCADE"))
    name: Mapped[str]
    host: Mapped[str]
    port: Mapped[int]
    username: Mapped[str | None]
    password: Mapped[str | None]
    api_key: Mapped[str | None]
    enabled: Mapped[Enabled]
    last_ping_at: Mapped[datetime | None]
    created_at: Mapped[Now]


class PathMapping(Base):
    """Under which prefix a group's players see one of our prefixes. Written by the API."""

    __tablename__ = "path_mappings"
    __table_args__ = (UniqueConstraint("media_player_group_id", "metarr_path"),)

    id: Mapped[Id]
    media_player_group_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("media_player_groups.id", ondelete="CASCADE")
    )
    metarr_path: Mapped[str]
    player_path: Mapped[str]
    created_at: Mapped[Now]


class PlaybackState(Base):
    """Where a player was when it had to be interrupted. Written by the publisher."""

    __tablename__ = "playback_state"
    __table_args__ = (
        one_of("entity_type", "movie", "episode", "track"),
        Index("idx_playback_state_player", "media_player_id"),
        Index("idx_playback_state_entity", "entity_type", "entity_id"),
        Index("idx_playback_state_captured", "captured_at"),
        Index(
            "idx_playback_state_open",
            "entity_type",
            "entity_id",
            desc("captured_at"),
            postgresql_where=text("restored_at IS NULL"),
        ),
    )

    id: Mapped[Id]
    media_player_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("media_players.id", ondelete="CASCADE"))
    entity_type: Mapped[str]
    entity_id: Mapped[BigInt]
    file_path: Mapped[str]
    position_seconds: Mapped[int]
    total_seconds: Mapped[int]
    position_percentage: Mapped[float | None] = mapped_column(Numeric(6, 3, asdecimal=False))
    paused: Mapped[Flag]
    speed: Mapped[float] = mapped_column(REAL, server_default=text("1.0"))
    captured_at: Mapped[Now]
    restored_at: Mapped[datetime | None]
