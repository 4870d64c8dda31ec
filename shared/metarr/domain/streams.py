"""What a probe finds in a media file, in the client's column names."""

from msgspec import Struct


class VideoStream(Struct, frozen=True, kw_only=True):
    """`bitrate` in kbit/s, `framerate` in frames/s, `aspect_ratio` as "16:9" or "2.39:1", `duration_seconds` of the stream.

    `hdr_type` is one of HDR10, HDR10+, Dolby Vision, HLG or None for SDR.
    """

    stream_index: int
    codec: str | None = None
    width: int | None = None
    height: int | None = None
    aspect_ratio: str | None = None
    framerate: float | None = None
    bitrate: int | None = None
    hdr_type: str | None = None
    duration_seconds: int | None = None


class AudioStream(Struct, frozen=True, kw_only=True):
    """`language` is ISO 639-2 ("und" when the file does not say), `bitrate` in kbit/s."""

    stream_index: int
    codec: str | None = None
    language: str = "und"
    channels: int | None = None
    bitrate: int | None = None
    title: str | None = None
    default_stream: bool = False


class SubtitleStream(Struct, frozen=True, kw_only=True):
    """Embedded when `stream_index` is set, a file beside the media when `file_path` is."""

    stream_index: int | None = None
    file_path: str | None = None
    language: str = "und"
    title: str | None = None
    format: str | None = None
    forced: bool = False
    default_stream: bool = False


class MediaStreams(Struct, frozen=True, kw_only=True):
    """All streams of one file; `duration_seconds` is the container's."""

    duration_seconds: int | None = None
    video: tuple[VideoStream, ...] = ()
    audio: tuple[AudioStream, ...] = ()
    subtitles: tuple[SubtitleStream, ...] = ()
