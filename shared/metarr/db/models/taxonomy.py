"""Genres and studios, and what belongs to them. All written by the enricher and, for edits, by the API."""

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped

from metarr.db.models.base import Base, Id, one_of
from metarr.db.models.keys import ArtistKey, GenreKey, MovieKey, SeriesKey, StudioKey


class Genre(Base):
    """A genre of one media type; "Drama" may be one of films and one of series. Written by the enricher and the API."""

    __tablename__ = "genres"
    __table_args__ = (
        one_of("media_type", "movie", "tv", "music"),
        Index("idx_genres_name_type", text("lower(name)"), "media_type", unique=True),
    )

    id: Mapped[Id]
    name: Mapped[str]
    media_type: Mapped[str]


class Studio(Base):
    """A studio or network, for all media. Written by the enricher and the API."""

    __tablename__ = "studios"
    __table_args__ = (Index("idx_studios_name", text("lower(name)"), unique=True),)

    id: Mapped[Id]
    name: Mapped[str]


class MovieGenre(Base):
    """A film's genre. Written by the enricher and the API."""

    __tablename__ = "movie_genres"
    __table_args__ = (Index("idx_movie_genres_genre", "genre_id"),)

    movie_id: Mapped[MovieKey]
    genre_id: Mapped[GenreKey]


class SeriesGenre(Base):
    """A series' genre. Written by the enricher and the API."""

    __tablename__ = "series_genres"
    __table_args__ = (Index("idx_series_genres_genre", "genre_id"),)

    series_id: Mapped[SeriesKey]
    genre_id: Mapped[GenreKey]


class MusicGenre(Base):
    """An artist's genre. Written by the enricher and the API."""

    __tablename__ = "music_genres"
    __table_args__ = (Index("idx_music_genres_genre", "genre_id"),)

    artist_id: Mapped[ArtistKey]
    genre_id: Mapped[GenreKey]


class MovieStudio(Base):
    """A film's studio. Written by the enricher and the API."""

    __tablename__ = "movie_studios"
    __table_args__ = (Index("idx_movie_studios_studio", "studio_id"),)

    movie_id: Mapped[MovieKey]
    studio_id: Mapped[StudioKey]


class SeriesStudio(Base):
    """A series' studio or network. Written by the enricher and the API."""

    __tablename__ = "series_studios"
    __table_args__ = (Index("idx_series_studios_studio", "studio_id"),)

    series_id: Mapped[SeriesKey]
    studio_id: Mapped[StudioKey]
