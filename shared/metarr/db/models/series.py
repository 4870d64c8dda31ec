"""Series, seasons and episodes."""

from datetime import date, datetime

from sqlalchemy import BigInteger, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from metarr.db.models.base import Artwork, Base, BigInt, Id, Now, Rating, artwork_indexes, one_of

SERIES_FIELDS = (
    "title",
    "original_title",
    "sort_title",
    "plot",
    "outline",
    "status",
    "premiered",
    "studio",
    "content_rating",
    "tvdb_id",
    "tmdb_id",
    "imdb_id",
    "tvdb_rating",
    "tvdb_votes",
    "tmdb_rating",
    "tmdb_votes",
)
SERIES_LISTS = ("genres", "studios", "actors")
SERIES_SLOTS = ("poster", "fanart", "banner", "logo", "clearart", "thumb")
SEASON_FIELDS = ("title", "plot", "premiered")
SEASON_SLOTS = ("poster", "fanart", "banner", "thumb")
EPISODE_FIELDS = (
    "title",
    "plot",
    "aired",
    "runtime",
    "absolute_number",
    "tvdb_id",
    "tmdb_id",
    "imdb_id",
    "tvdb_rating",
    "tvdb_votes",
)
EPISODE_LISTS = ("actors", "crew")
EPISODE_SLOTS = ("thumb",)


class Series(Base, locks=SERIES_FIELDS + SERIES_LISTS + SERIES_SLOTS):
    """A show: one row for one directory; `studio` is its first network.

    The scanner writes library_id, directory_path, deleted_at and the metadata of a new row; the enricher metadata, ids and
    identification_status; the cache the artwork slots; the API metadata and slots together with their locks.
    """

    __tablename__ = "series"
    __table_args__ = (
        UniqueConstraint("library_id", "directory_path"),
        one_of("identification_status", "unidentified", "identified", "enriched"),
        Index(
            "idx_series_library",
            "library_id",
            text("lower(coalesce(sort_title, title))"),
            postgresql_where=text("deleted_at IS NULL"),
        ),
        Index("idx_series_tvdb", "tvdb_id"),
        Index("idx_series_tmdb", "tmdb_id"),
        Index("idx_series_imdb", "imdb_id"),
        Index("idx_series_identification", "identification_status"),
        Index("idx_series_deleted", "deleted_at", postgresql_where=text("deleted_at IS NOT NULL")),
        *artwork_indexes("series", SERIES_SLOTS),
    )

    id: Mapped[Id]
    library_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("libraries.id", ondelete="CASCADE"))
    directory_path: Mapped[str]

    tvdb_id: Mapped[int | None]
    tmdb_id: Mapped[int | None]
    imdb_id: Mapped[str | None]
    title: Mapped[str]
    original_title: Mapped[str | None]
    sort_title: Mapped[str | None]
    plot: Mapped[str | None]
    outline: Mapped[str | None]
    status: Mapped[str | None]
    premiered: Mapped[date | None]
    studio: Mapped[str | None]
    content_rating: Mapped[str | None]
    tvdb_rating: Mapped[Rating | None]
    tvdb_votes: Mapped[int | None]
    tmdb_rating: Mapped[Rating | None]
    tmdb_votes: Mapped[int | None]

    poster_id: Mapped[Artwork | None]
    fanart_id: Mapped[Artwork | None]
    banner_id: Mapped[Artwork | None]
    logo_id: Mapped[Artwork | None]
    clearart_id: Mapped[Artwork | None]
    thumb_id: Mapped[Artwork | None]

    identification_status: Mapped[str] = mapped_column(server_default="unidentified")
    enrichment_priority: Mapped[int] = mapped_column(server_default=text("5"))
    deleted_at: Mapped[datetime | None]
    created_at: Mapped[Now]
    updated_at: Mapped[Now]


class Season(Base, locks=SEASON_FIELDS + SEASON_SLOTS):
    """A season, 0 for specials; it shows while one of its episodes does. Written as its series is."""

    __tablename__ = "seasons"
    __table_args__ = (
        UniqueConstraint("series_id", "season_number"),
        *artwork_indexes("seasons", SEASON_SLOTS),
    )

    id: Mapped[Id]
    series_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("series.id", ondelete="CASCADE"))
    season_number: Mapped[int]
    title: Mapped[str | None]
    plot: Mapped[str | None]
    premiered: Mapped[date | None]
    poster_id: Mapped[Artwork | None]
    fanart_id: Mapped[Artwork | None]
    banner_id: Mapped[Artwork | None]
    thumb_id: Mapped[Artwork | None]
    created_at: Mapped[Now]
    updated_at: Mapped[Now]


class Episode(Base, locks=EPISODE_FIELDS + EPISODE_LISTS + EPISODE_SLOTS):
    """An episode; several may share one file_path; `runtime` in minutes. Written as its series is, file_* by the scanner."""

    __tablename__ = "episodes"
    __table_args__ = (
        UniqueConstraint("season_id", "episode_number"),
        Index("idx_episodes_series", "series_id", "file_hash"),
        Index("idx_episodes_tvdb", "tvdb_id"),
        Index("idx_episodes_tmdb", "tmdb_id"),
        Index("idx_episodes_deleted", "deleted_at", postgresql_where=text("deleted_at IS NOT NULL")),
        Index("idx_episodes_file_path", "file_path"),
        *artwork_indexes("episodes", EPISODE_SLOTS),
    )

    id: Mapped[Id]
    series_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("series.id", ondelete="CASCADE"))
    season_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("seasons.id", ondelete="CASCADE"))
    file_path: Mapped[str]
    file_name: Mapped[str]
    file_size: Mapped[BigInt | None]
    file_hash: Mapped[str | None]
    episode_number: Mapped[int]
    absolute_number: Mapped[int | None]
    tvdb_id: Mapped[int | None]
    tmdb_id: Mapped[int | None]
    imdb_id: Mapped[str | None]
    title: Mapped[str]
    plot: Mapped[str | None]
    aired: Mapped[date | None]
    runtime: Mapped[int | None]
    tvdb_rating: Mapped[Rating | None]
    tvdb_votes: Mapped[int | None]
    thumb_id: Mapped[Artwork | None]
    deleted_at: Mapped[datetime | None]
    created_at: Mapped[Now]
    updated_at: Mapped[Now]
