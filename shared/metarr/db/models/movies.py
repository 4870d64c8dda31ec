"""Movies and their collections."""

from datetime import date, datetime

from sqlalchemy import ARRAY, BigInteger, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from metarr.db.models.base import Artwork, Base, BigInt, Id, Now, Rating, artwork_indexes, one_of
from metarr.domain.movie import ASSET_SLOTS, LOCKABLE

COLLECTION_SLOTS = ("poster", "fanart")


class Movie(Base, locks=LOCKABLE):
    """A film: one row for one video, also while it is in the trash; `runtime` in minutes, `file_hash` with its scheme before it.

    The scanner writes library_id, file_*, edition, identified_by, deleted_at, and the metadata of a new row; the enricher writes metadata,
    ids, identification_status, identified_by (why it is taken for this film, in words) and last_enriched_at; the cache writes the artwork slots; the publisher last_published_at; the
    API writes metadata and slots together with their locks, pins ids, deletes and restores.
    """

    __tablename__ = "movies"
    __table_args__ = (
        UniqueConstraint("library_id", "file_path"),
        one_of("identification_status", "unidentified", "identified", "enriched"),
        Index(
            "idx_movies_library",
            "library_id",
            text("lower(coalesce(sort_title, title))"),
            postgresql_where=text("deleted_at IS NULL"),
        ),
        Index(
            "idx_movies_title",
            text("lower(coalesce(sort_title, title))"),
            "id",
            postgresql_where=text("deleted_at IS NULL"),
        ),
        Index("idx_movies_year", text("coalesce(year, 0)"), "id", postgresql_where=text("deleted_at IS NULL")),
        Index("idx_movies_created", "created_at", "id", postgresql_where=text("deleted_at IS NULL")),
        Index("idx_movies_tmdb", "tmdb_id"),
        Index("idx_movies_imdb", "imdb_id"),
        Index("idx_movies_identification", "identification_status"),
        Index("idx_movies_deleted", "deleted_at", postgresql_where=text("deleted_at IS NOT NULL")),
        Index("idx_movies_file_path", "file_path"),
        Index("idx_movies_file_hash", "library_id", "file_hash"),
        *artwork_indexes("movies", ASSET_SLOTS),
    )

    id: Mapped[Id]
    library_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("libraries.id", ondelete="CASCADE"))
    file_path: Mapped[str]
    file_name: Mapped[str]
    file_size: Mapped[BigInt | None]
    file_hash: Mapped[str | None]
    file_mtime_ns: Mapped[BigInt | None]
    file_parts: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    edition: Mapped[str | None]
    identified_by: Mapped[str | None]

    tmdb_id: Mapped[int | None]
    imdb_id: Mapped[str | None]
    title: Mapped[str]
    original_title: Mapped[str | None]
    sort_title: Mapped[str | None]
    tagline: Mapped[str | None]
    plot: Mapped[str | None]
    outline: Mapped[str | None]
    runtime: Mapped[int | None]
    year: Mapped[int | None]
    release_date: Mapped[date | None]
    content_rating: Mapped[str | None]
    tmdb_rating: Mapped[Rating | None]
    tmdb_votes: Mapped[int | None]
    imdb_rating: Mapped[Rating | None]
    imdb_votes: Mapped[int | None]

    poster_id: Mapped[Artwork | None]
    fanart_id: Mapped[Artwork | None]
    logo_id: Mapped[Artwork | None]
    clearart_id: Mapped[Artwork | None]
    banner_id: Mapped[Artwork | None]
    thumb_id: Mapped[Artwork | None]
    discart_id: Mapped[Artwork | None]

    identification_status: Mapped[str] = mapped_column(server_default="unidentified")
    enrichment_priority: Mapped[int] = mapped_column(server_default=text("5"))
    last_enriched_at: Mapped[datetime | None]
    last_published_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]
    created_at: Mapped[Now]
    updated_at: Mapped[Now]


class MovieCollection(Base, locks=("name", "plot", *COLLECTION_SLOTS)):
    """A set of films, known by TMDB's id or by name alone. Written by the enricher, the artwork by the cache, locks by the API."""

    __tablename__ = "movie_collections"
    __table_args__ = (
        UniqueConstraint("tmdb_collection_id"),
        Index(
            "idx_movie_collections_name",
            text("lower(name)"),
            unique=True,
            postgresql_where=text("tmdb_collection_id IS NULL"),
        ),
        *artwork_indexes("movie_collections", COLLECTION_SLOTS),
    )

    id: Mapped[Id]
    tmdb_collection_id: Mapped[int | None]
    name: Mapped[str]
    plot: Mapped[str | None]
    poster_id: Mapped[Artwork | None]
    fanart_id: Mapped[Artwork | None]
    created_at: Mapped[Now]


class MovieCollectionMember(Base):
    """Which film belongs to which set. Written by the enricher and the API."""

    __tablename__ = "movie_collection_members"
    __table_args__ = (Index("idx_collection_members_collection", "collection_id"),)

    movie_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("movies.id", ondelete="CASCADE"), primary_key=True)
    collection_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("movie_collections.id", ondelete="CASCADE"), primary_key=True
    )
    sort_order: Mapped[int | None]
