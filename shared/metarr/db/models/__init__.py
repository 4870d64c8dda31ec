"""The tables as SQLAlchemy models, by media. Each docstring names the service that writes the table."""

from metarr.db.models.assets import AssetCandidate, AssetReference, CacheAsset, StorePart, Trailer
from metarr.db.models.base import Base
from metarr.db.models.configuration import AppSetting, ProviderConfig, SchemaMigration
from metarr.db.models.jobs import Job, JobDependency, OutgoingEvent, QueuePause, WebhookEvent, Worker
from metarr.db.models.libraries import Library, LibraryFolder
from metarr.db.models.movies import Movie, MovieCollection, MovieCollectionMember
from metarr.db.models.music import Album, Artist, Track
from metarr.db.models.people import Actor, CrewMember, EpisodeActor, EpisodeCrew, MovieActor, MovieCrew, SeriesActor
from metarr.db.models.players import MediaPlayer, MediaPlayerGroup, PathMapping, PlaybackState
from metarr.db.models.provenance import FieldChange, LocalFile, MetadataAnswer, Problem, PublishedFile
from metarr.db.models.schedules import Schedule
from metarr.db.models.series import Episode, Season, Series
from metarr.db.models.streams import AudioStream, SubtitleStream, VideoStream
from metarr.db.models.taxonomy import Genre, MovieGenre, MovieStudio, MusicGenre, SeriesGenre, SeriesStudio, Studio

__all__ = [
    "Actor",
    "Album",
    "AppSetting",
    "Artist",
    "AssetCandidate",
    "AssetReference",
    "AudioStream",
    "Base",
    "CacheAsset",
    "CrewMember",
    "Episode",
    "EpisodeActor",
    "EpisodeCrew",
    "FieldChange",
    "Genre",
    "Job",
    "JobDependency",
    "Library",
    "LibraryFolder",
    "LocalFile",
    "MediaPlayer",
    "MediaPlayerGroup",
    "MetadataAnswer",
    "Movie",
    "MovieActor",
    "MovieCollection",
    "MovieCollectionMember",
    "MovieCrew",
    "MovieGenre",
    "MovieStudio",
    "MusicGenre",
    "OutgoingEvent",
    "PathMapping",
    "PlaybackState",
    "Problem",
    "ProviderConfig",
    "PublishedFile",
    "QueuePause",
    "Schedule",
    "SchemaMigration",
    "Season",
    "Series",
    "SeriesActor",
    "SeriesGenre",
    "SeriesStudio",
    "StorePart",
    "Studio",
    "SubtitleStream",
    "Track",
    "Trailer",
    "VideoStream",
    "WebhookEvent",
    "Worker",
]
