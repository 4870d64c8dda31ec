"""Artists, albums and tracks."""

from datetime import date, datetime

from sqlalchemy import BigInteger, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from metarr.db.models.base import Artwork, Base, BigInt, Id, Now, Rating, artwork_indexes, one_of

ARTIST_FIELDS = ("name", "sort_name", "biography", "formed", "disbanded", "musicbrainz_id")
ARTIST_LISTS = ("genres",)
ARTIST_SLOTS = ("thumb", "fanart", "banner", "logo")
ALBUM_FIELDS = (
    "title",
    "sort_title",
    "year",
    "release_date",
    "album_type",
    "description",
    "label",
    "rating",
    "votes",
    "musicbrainz_id",
)
ALBUM_SLOTS = ("thumb",)
TRACK_FIELDS = ("title", "track_number", "disc_number", "duration", "musicbrainz_id")


class Artist(Base, locks=ARTIST_FIELDS + ARTIST_LISTS + ARTIST_SLOTS):
    """An artist; directory_path is NULL in a flat library.

    The scanner writes library_id, directory_path, deleted_at and the metadata of a new row; the enricher metadata, ids and
    identification_status; the cache the artwork slots; the API metadata and slots together with their locks.
    """

    __tablename__ = "artists"
    __table_args__ = (
        one_of("identification_status", "unidentified", "identified", "enriched"),
        Index(
            "idx_artists_directory_path",
            "library_id",
            "directory_path",
            unique=True,
            postgresql_where=text("directory_path IS NOT NULL"),
        ),
        Index(
            "idx_artists_library",
            "library_id",
            text("lower(coalesce(sort_name, name))"),
            postgresql_where=text("deleted_at IS NULL"),
        ),
        Index("idx_artists_musicbrainz", "musicbrainz_id"),
        Index("idx_artists_identification", "identification_status"),
        Index("idx_artists_deleted", "deleted_at", postgresql_where=text("deleted_at IS NOT NULL")),
        *artwork_indexes("artists", ARTIST_SLOTS),
    )

    id: Mapped[Id]
    library_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("libraries.id", ondelete="CASCADE"))
    directory_path: Mapped[str | None]
    musicbrainz_id: Mapped[str | None]
    name: Mapped[str]
    sort_name: Mapped[str | None]
    biography: Mapped[str | None]
    formed: Mapped[date | None]
    disbanded: Mapped[date | None]
    thumb_id: Mapped[Artwork | None]
    fanart_id: Mapped[Artwork | None]
    banner_id: Mapped[Artwork | None]
    logo_id: Mapped[Artwork | None]
    identification_status: Mapped[str] = mapped_column(server_default="unidentified")
    enrichment_priority: Mapped[int] = mapped_column(server_default=text("5"))
    deleted_at: Mapped[datetime | None]
    created_at: Mapped[Now]
    updated_at: Mapped[Now]


class Album(Base, locks=ALBUM_FIELDS + ALBUM_SLOTS):
    """An album; two may lie in one flat folder. Written as its artist is."""

    __tablename__ = "albums"
    __table_args__ = (
        UniqueConstraint("artist_id", "directory_path", "title"),
        Index("idx_albums_musicbrainz", "musicbrainz_id"),
        Index("idx_albums_deleted", "deleted_at", postgresql_where=text("deleted_at IS NOT NULL")),
        *artwork_indexes("albums", ALBUM_SLOTS),
    )

    id: Mapped[Id]
    artist_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("artists.id", ondelete="CASCADE"))
    directory_path: Mapped[str]
    musicbrainz_id: Mapped[str | None]
    title: Mapped[str]
    sort_title: Mapped[str | None]
    year: Mapped[int | None]
    release_date: Mapped[date | None]
    album_type: Mapped[str | None]
    description: Mapped[str | None]
    label: Mapped[str | None]
    rating: Mapped[Rating | None]
    votes: Mapped[int | None]
    thumb_id: Mapped[Artwork | None]
    deleted_at: Mapped[datetime | None]
    created_at: Mapped[Now]
    updated_at: Mapped[Now]


class Track(Base, locks=TRACK_FIELDS):
    """A track; `duration` in seconds. Written by the scanner from its tags, by the enricher, and by the API with its locks."""

    __tablename__ = "tracks"
    __table_args__ = (
        UniqueConstraint("album_id", "file_path"),
        Index("idx_tracks_musicbrainz", "musicbrainz_id"),
        Index("idx_tracks_deleted", "deleted_at", postgresql_where=text("deleted_at IS NOT NULL")),
        Index("idx_tracks_file_path", "file_path"),
        Index("idx_tracks_file_hash", "album_id", "file_hash"),
    )

    id: Mapped[Id]
    album_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("albums.id", ondelete="CASCADE"))
    file_path: Mapped[str]
    file_name: Mapped[str]
    file_size: Mapped[BigInt | None]
    file_hash: Mapped[str | None]
    musicbrainz_id: Mapped[str | None]
    title: Mapped[str]
    track_number: Mapped[int | None]
    disc_number: Mapped[int] = mapped_column(server_default=text("1"))
    duration: Mapped[int | None]
    deleted_at: Mapped[datetime | None]
    created_at: Mapped[Now]
    updated_at: Mapped[Now]
