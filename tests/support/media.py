"""Tiny real videos for tests: playable, a few kilobytes, different bytes for every path, encoded once per kind and session."""

import functools
import hashlib
import io
import os
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

_MARK = "seed:" + "0" * 32
"""Lies in the container's comment; replaced in the finished bytes, so that another film costs no encoding."""
_FORMATS = {
    ".mkv": "matroska",
    ".webm": "webm",
    ".mp4": "mp4",
    ".m4v": "mp4",
    ".mov": "mov",
    ".avi": "avi",
    ".ts": "mpegts",
    ".m2ts": "mpegts",
    ".mpg": "mpeg",
    ".vob": "vob",
}
_PACKET = 188


def make_video(
    path: str | os.PathLike[str],
    seconds: float = 1,
    *,
    width: int = 64,
    height: int = 36,
    rate: str = "24000/1001",
    codec: str | None = None,
    audio: tuple[str, ...] = ("eng",),
    subtitles: tuple[str, ...] = (),
    color_trc: int | None = None,
    seed: str | None = None,
) -> Path:
    """Write a playable film and return its path; folders above it are made.

    `audio` and `subtitles` give the language of each track (subtitles: matroska only), `color_trc` the transfer (16 PQ, 18 HLG; matroska keeps it). The bytes differ by
    path, or by `seed` where the same film must lie in two places. The container follows the file name's ending.
    """
    path = Path(path)
    container = _FORMATS[path.suffix.lower()]
    data = _encode(
        container, seconds, width, height, rate, codec or _video_codec(container), audio, subtitles, color_trc
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_sow(data, seed or str(path)))
    return path


def make_truncated_video(path: str | os.PathLike[str]) -> Path:
    """An mp4 whose index at the end is missing, as an aborted download leaves it."""
    path = make_video(path, seconds=2)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 3])
    return path


def _video_codec(container: str) -> str:
    return {"webm": "libvpx", "mpeg": "mpeg2video", "vob": "mpeg2video", "mpegts": "mpeg2video"}.get(container, "mpeg4")


def _audio_codec(container: str) -> str:
    return {"webm": "libopus", "mpeg": "mp2", "vob": "ac3", "mpegts": "ac3", "avi": "ac3"}.get(container, "aac")


def _sow(data: bytes, seed: str) -> bytes:
    """Make the bytes this film's own without changing their length, or by an empty packet where there is no comment."""
    mark = "seed:" + hashlib.sha256(seed.encode(errors="surrogateescape")).hexdigest()[:32]
    sown = data.replace(_MARK.encode(), mark.encode())
    if sown is not data and sown != data:
        return sown
    return data + (b"\x47\x1f\xff\x10" + mark.encode()).ljust(_PACKET, b"\xff")


@functools.cache
def _encode(
    container: str,
    seconds: float,
    width: int,
    height: int,
    rate: str,
    codec: str,
    audio: tuple[str, ...],
    subtitles: tuple[str, ...],
    color_trc: int | None,
) -> bytes:
    target = io.BytesIO()
    options = {"write_crc32": "0"} if container in {"matroska", "webm"} else {}
    output: Any
    with av.open(target, "w", format=container, options=options) as output:
        output.metadata["comment"] = _MARK
        frames = Fraction(rate)
        video = output.add_stream(codec, rate=frames)
        video.width, video.height, video.pix_fmt = width, height, "yuv420p"
        video.codec_context.time_base = 1 / frames
        if color_trc is not None:
            video.codec_context.color_trc = color_trc
        tracks = [output.add_stream(_audio_codec(container), rate=48000) for _ in audio]
        for track, language in zip(tracks, audio, strict=True):
            track.metadata["language"] = language
        texts = [_subtitle_track(output, language) for language in subtitles]
        for packet in texts:
            output.mux(packet)
        _write_video(output, video, width, height, max(1, round(seconds * frames)))
        for track in tracks:
            _write_silence(output, track, seconds)
    return target.getvalue()


def _write_video(output: Any, video: Any, width: int, height: int, count: int) -> None:
    """A grey picture; long films get at most 50 frames, the last of them at the end."""
    steps = sorted({*range(min(count, 49)), count - 1})
    for step in steps:
        frame = av.VideoFrame(width, height, "yuv420p")
        for plane in frame.planes:
            plane.update(bytes([128 + step % 16]) * plane.buffer_size)
        frame.pts = step
        output.mux(video.encode(frame))
    output.mux(video.encode(None))


def _subtitle_track(output: Any, language: str) -> Any:
    """Add a track to the output; returns the one packet that it will hold."""
    text: Any
    with av.open(io.BytesIO(b"1\n00:00:00,000 --> 00:00:00,500\nHello\n\n"), format="srt") as text:
        track = output.add_stream_from_template(text.streams.subtitles[0])
        track.metadata["language"] = language
        packet = next(text.demux(text.streams.subtitles[0]))
        packet.stream = track
        return packet


def _write_silence(output: Any, track: Any, seconds: float) -> None:
    size = track.codec_context.frame_size or 1024
    for start in range(0, int(min(seconds, 2) * 48000), size):
        frame = av.AudioFrame(format=track.codec_context.format.name, layout="stereo", samples=size)
        for plane in frame.planes:
            plane.update(bytes(plane.buffer_size))
        frame.sample_rate, frame.pts, frame.time_base = 48000, start, Fraction(1, 48000)
        output.mux(track.encode(frame))
    output.mux(track.encode(None))
