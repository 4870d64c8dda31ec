"""Reads the streams of one media file with PyAV: the container's headers, and one packet where HDR10+ is possible.

Fast first: no frame is decoded and at most a megabyte is read. That loses the picture's shape in MPEG streams and the transfer
of some H.264 profiles; those files are opened a second time with libav's own defaults. The name is passed as an absolute
path and only the `file` protocol and known containers are allowed: a playlist that calls itself .mkv leads nowhere.
"""

import os
from fractions import Fraction

import av
import av.logging
from av.container import InputContainer
from av.rational import AVRational
from av.stream import Disposition, Stream
from av.video.stream import VideoStream as AvVideo

from metarr.domain.streams import AudioStream, MediaStreams, SubtitleStream, VideoStream
from metarr.errors import MediaUnreadable
from metarr_scanner.media_values import (
    aspect_ratio,
    hdr_type,
    iso_639_2,
    kilobits,
    plain_text,
    standard_rate,
    whole_seconds,
)

_ALLOWED = {
    "protocol_whitelist": "file",
    "format_whitelist": "matroska,webm,mov,mp4,m4a,3gp,3g2,mj2,avi,mpegts,mpeg,mpegvideo,asf,flv,ogg,rm,h264,hevc,m4v",
}
_FAST = _ALLOWED | {"skip_frame": "all", "probesize": "1000000"}
_FAST_IS_ENOUGH = frozenset({"matroska", "mov", "avi"})
_PROFILES_THAT_NEED_MORE = ("High 10", "High 4:")
_PICTURE = Disposition.attached_pic | Disposition.timed_thumbnails
_MICROSECONDS = 1_000_000

av.logging.set_level(None)


def read_media(path: str) -> MediaStreams:
    """All streams of the file at an absolute path. Raises MediaUnreadable, in words for a person."""
    try:
        with av.open(path, options=_FAST) as container:
            if not _needs_more(container):
                return _read(container)
        with av.open(path, options=_ALLOWED) as container:
            return _read(container)
    except (av.FFmpegError, OSError, ValueError) as broken:
        raise MediaUnreadable(_in_words(path, broken)) from broken


def _needs_more(container: InputContainer) -> bool:
    if _FAST_IS_ENOUGH.isdisjoint(container.format.name.split(",")):
        return True
    return any((stream.profile or "").startswith(_PROFILES_THAT_NEED_MORE) for stream in container.streams.video)


def _read(container: InputContainer) -> MediaStreams:
    duration = whole_seconds(Fraction(container.duration, _MICROSECONDS)) if container.duration else None
    films = [stream for stream in container.streams.video if not stream.disposition & _PICTURE]
    if not films and not container.streams.audio:
        raise MediaUnreadable("the file holds no video and no sound")
    alone = kilobits(container.bit_rate) if len(films) == 1 else None
    return MediaStreams(
        duration_seconds=duration,
        video=tuple(_video(container, stream, alone, duration) for stream in films),
        audio=tuple(_audio(stream) for stream in container.streams.audio),
        subtitles=tuple(_subtitle(stream) for stream in container.streams.subtitles),
    )


def _video(container: InputContainer, stream: AvVideo, container_rate: int | None, duration: int | None) -> VideoStream:
    width, height = stream.width or None, stream.height or None
    shape = stream.sample_aspect_ratio
    rate = stream.average_rate or stream.base_rate
    own = stream.duration * _fraction(stream.time_base) if stream.duration and stream.time_base else None
    return VideoStream(
        stream_index=stream.index,
        codec=_codec(stream),
        width=width,
        height=height,
        aspect_ratio=aspect_ratio(width, height, _fraction(shape) if shape else None),
        framerate=standard_rate(rate.numerator / rate.denominator) if rate else None,
        bitrate=kilobits(stream.bit_rate) or kilobits(_tagged_rate(stream)) or container_rate,
        hdr_type=_hdr(container, stream),
        duration_seconds=whole_seconds(own) or duration,
    )


def _hdr(container: InputContainer, stream: AvVideo) -> str | None:
    side_data = frozenset(str(name) for name in stream.codec_context.coded_side_data)
    transfer = stream.color_trc
    return hdr_type(transfer, side_data, lambda: _first_packet(container, stream))


def _first_packet(container: InputContainer, stream: AvVideo) -> bytes:
    """HDR10+ stands in no header, only in the pictures themselves."""
    return next((bytes(packet) for packet in container.demux(stream) if packet.size), b"")


def _audio(stream: Stream) -> AudioStream:
    return AudioStream(
        stream_index=stream.index,
        codec=_codec(stream),
        language=iso_639_2(stream.language),
        channels=getattr(stream, "channels", None) or None,
        bitrate=kilobits(getattr(stream, "bit_rate", None)) or kilobits(_tagged_rate(stream)),
        title=plain_text(stream.metadata.get("title")),
        default_stream=bool(stream.disposition & Disposition.default),
    )


def _subtitle(stream: Stream) -> SubtitleStream:
    return SubtitleStream(
        stream_index=stream.index,
        language=iso_639_2(stream.language),
        title=plain_text(stream.metadata.get("title")),
        format=_codec(stream),
        forced=bool(stream.disposition & Disposition.forced),
        default_stream=bool(stream.disposition & Disposition.default),
    )


def _fraction(rational: AVRational) -> Fraction:
    return Fraction(rational.numerator, rational.denominator)


def _codec(stream: Stream) -> str | None:
    """The format's name, not the decoder's: `av1` and not `libdav1d`. Unknown to libav: no codec context at all."""
    context = stream.codec_context
    return context.codec.canonical_name if context is not None else None


def _tagged_rate(stream: Stream) -> int | None:
    """What mkvmerge measured while it wrote a matroska file."""
    tag = stream.metadata.get("BPS") or stream.metadata.get("BPS-eng") or ""
    return int(tag) if tag.isascii() and tag.isdigit() else None


def _in_words(path: str, broken: Exception) -> str:
    if isinstance(broken, OSError) and broken.errno and not isinstance(broken, av.FFmpegError):
        return f"the video cannot be read: {os.strerror(broken.errno)}"
    if os.path.getsize(path) == 0:
        return "the file is empty (0 bytes)"
    return "the video cannot be read: it is cut off, damaged or not a video"
