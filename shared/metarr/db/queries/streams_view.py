"""The streams of a film's file as a person sees them."""

import msgspec
from msgspec import Struct

from metarr.db.database import Connection

# One round trip for three kinds of stream; each comes as a JSON list in order of its index.
STREAMS = """
SELECT
  (SELECT coalesce(jsonb_agg(to_jsonb(v) - 'entity_type' - 'entity_id' - 'created_at' ORDER BY v.stream_index), '[]')
   FROM video_streams v WHERE v.entity_type = 'movie' AND v.entity_id = $1) AS video,
  (SELECT coalesce(jsonb_agg(to_jsonb(a) - 'entity_type' - 'entity_id' - 'created_at' ORDER BY a.stream_index), '[]')
   FROM audio_streams a WHERE a.entity_type = 'movie' AND a.entity_id = $1) AS audio,
  (SELECT coalesce(jsonb_agg(to_jsonb(s) - 'entity_type' - 'entity_id' - 'created_at' ORDER BY s.stream_index, s.id), '[]')
   FROM subtitle_streams s WHERE s.entity_type = 'movie' AND s.entity_id = $1) AS subtitles
"""


class VideoShown(Struct, frozen=True, kw_only=True):
    id: int
    stream_index: int
    codec: str | None
    width: int | None
    height: int | None
    aspect_ratio: str | None
    framerate: float | None
    bitrate: int | None
    hdr_type: str | None
    duration_seconds: int | None


class AudioShown(Struct, frozen=True, kw_only=True):
    id: int
    stream_index: int
    codec: str | None
    language: str | None
    channels: int | None
    bitrate: int | None
    title: str | None
    default_stream: bool


class SubtitleShown(Struct, frozen=True, kw_only=True):
    id: int
    stream_index: int | None
    cache_asset_id: int | None
    file_path: str | None
    language: str
    title: str | None
    format: str | None
    forced: bool
    default_stream: bool


class StreamsShown(Struct, frozen=True, kw_only=True):
    """The streams of the file, and subtitles beside it."""

    video: list[VideoShown]
    audio: list[AudioShown]
    subtitles: list[SubtitleShown]


async def load_streams(conn: Connection, movie_id: int) -> StreamsShown:
    """All streams of a film, in order of their index; a film that was never probed has none."""
    row = await conn.fetchrow(STREAMS, movie_id)
    return msgspec.convert(dict(row or {}), StreamsShown)
