"""Actors and crew, and who did what in which film, series or episode.

People with a TMDB id are told apart by it, since two real people may share a name; those known by name alone are one per name.
"""

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from metarr.db.models.base import Artwork, Base, Id, Now, artwork_indexes, one_of
from metarr.db.models.keys import ActorKey, CrewKey, EpisodeKey, MovieKey, SeriesKey


def _person_indexes(table: str) -> tuple[Index, ...]:
    has_id, by_name = text("tmdb_id IS NOT NULL"), text("tmdb_id IS NULL")
    return (
        Index(f"idx_{table}_tmdb", "tmdb_id", unique=True, postgresql_where=has_id),
        Index(f"idx_{table}_name", text("lower(name)"), unique=True, postgresql_where=by_name),
        Index(f"idx_{table}_any_name", text("lower(name)")),
        *artwork_indexes(table, ("thumb",)),
    )


class Actor(Base):
    """An actor. Written by the enricher, thumb_id by the cache."""

    __tablename__ = "actors"
    __table_args__ = _person_indexes("actors")

    id: Mapped[Id]
    name: Mapped[str]
    tmdb_id: Mapped[int | None]
    imdb_id: Mapped[str | None]
    thumb_id: Mapped[Artwork | None]
    created_at: Mapped[Now]


class CrewMember(Base):
    """A director, writer, producer or composer. Written by the enricher, thumb_id by the cache."""

    __tablename__ = "crew"
    __table_args__ = _person_indexes("crew")

    id: Mapped[Id]
    name: Mapped[str]
    tmdb_id: Mapped[int | None]
    imdb_id: Mapped[str | None]
    thumb_id: Mapped[Artwork | None]
    created_at: Mapped[Now]


class MovieActor(Base):
    """Who plays whom in a film; sort_order counts from 0. Written by the enricher and the API."""

    __tablename__ = "movie_actors"
    __table_args__ = (Index("idx_movie_actors_actor", "actor_id"),)

    movie_id: Mapped[MovieKey]
    actor_id: Mapped[ActorKey]
    role: Mapped[str | None]
    sort_order: Mapped[int | None]


class SeriesActor(Base):
    """Who plays whom in a series. Written by the enricher and the API."""

    __tablename__ = "series_actors"
    __table_args__ = (Index("idx_series_actors_actor", "actor_id"),)

    series_id: Mapped[SeriesKey]
    actor_id: Mapped[ActorKey]
    role: Mapped[str | None]
    sort_order: Mapped[int | None]


class EpisodeActor(Base):
    """Who plays whom in an episode, guests included. Written by the enricher and the API."""

    __tablename__ = "episode_actors"
    __table_args__ = (Index("idx_episode_actors_actor", "actor_id"),)

    episode_id: Mapped[EpisodeKey]
    actor_id: Mapped[ActorKey]
    role: Mapped[str | None]
    sort_order: Mapped[int | None]


class MovieCrew(Base):
    """Who did what behind the camera of a film. Written by the enricher and the API."""

    __tablename__ = "movie_crew"
    __table_args__ = (
        one_of("role", "director", "writer", "producer", "composer"),
        Index("idx_movie_crew_crew", "crew_id"),
    )

    movie_id: Mapped[MovieKey]
    crew_id: Mapped[CrewKey]
    role: Mapped[str] = mapped_column(primary_key=True)
    sort_order: Mapped[int | None]


class EpisodeCrew(Base):
    """Who did what behind the camera of an episode. Written by the enricher and the API."""

    __tablename__ = "episode_crew"
    __table_args__ = (
        one_of("role", "director", "writer", "producer"),
        Index("idx_episode_crew_crew", "crew_id"),
    )

    episode_id: Mapped[EpisodeKey]
    crew_id: Mapped[CrewKey]
    role: Mapped[str] = mapped_column(primary_key=True)
    sort_order: Mapped[int | None]
