"""Makes the demo's library: small, playable films with the names, NFO files and artwork that people have them with."""

import io
import shutil
from fractions import Fraction
from pathlib import Path

import av
from av.packet import Packet as AnyPacket
from msgspec import Struct

from metarr_local.demo import pictures

_WIDTH, _HEIGHT, _RATE = 320, 180, 24
_TONE_RATE = 48_000


class Piece(Struct, frozen=True, kw_only=True):
    """A film in the library: its path, how long it runs (seconds, so that no two files are alike), its sound's language, and whether it breaks off."""

    path: str
    seconds: float
    language: str = "eng"
    broken: bool = False


PIECES: tuple[Piece, ...] = (
    Piece(path="Metropolis (1927) {tmdb-19}/Metropolis (1927).mkv", seconds=3, language="ger"),
    Piece(path="Nosferatu (1922)/Nosferatu (1922).mp4", seconds=2.5, language="ger"),
    Piece(path="The General (1926)/The General (1926).mkv", seconds=2),
    Piece(
        path="His.Girl.Friday.1940.1080p.BluRay.x264-DEMO/his.girl.friday.1940.1080p.bluray.x264-demo.mkv", seconds=2.25
    ),
    Piece(path="Die Nibelungen/Die Nibelungen - Siegfried (1924)/Die Nibelungen - Siegfried (1924).mkv", seconds=2.75),
    Piece(
        path="Die Nibelungen/Die Nibelungen - Kriemhild's Revenge (1924)/Die Nibelungen - Kriemhild's Revenge (1924).mkv",
        seconds=2.125,
    ),
    Piece(path="Chaplin Double Feature/The Kid (1921).mp4", seconds=1.5),
    Piece(path="Chaplin Double Feature/The Gold Rush (1925).mp4", seconds=1.75),
    Piece(path="Safety Last! (1923)/VIDEO_TS/VTS_01_1.VOB", seconds=2),
    Piece(path="1917 (2019)/1917 (2019).mkv", seconds=3.5),
    Piece(path="1917 (2019)/1917 (2019)-trailer.mp4", seconds=1),
    Piece(path="1917 (2019)/sample/1917-sample.mkv", seconds=1.125),
    Piece(path="Häxan (1922)/Häxan (1922).mkv", seconds=2.375, language="swe"),
    Piece(path="Intolerance (1916)/Intolerance (1916) - cd1.avi", seconds=1.25),
    Piece(path="Intolerance (1916)/Intolerance (1916) - cd2.avi", seconds=1.625),
    Piece(path="Battleship Potemkin (1925)/Battleship Potemkin (1925).mkv", seconds=1.875, language="rus"),
    Piece(path="The Phantom of the Opera (1925)/The Phantom of the Opera (1925).mp4", seconds=4, broken=True),
    Piece(path="The Lighthouse Keeper (1931)/The Lighthouse Keeper (1931).mkv", seconds=2.625),
    Piece(path="Our Summer at the Lake (2011)/Our Summer at the Lake (2011).mp4", seconds=3.25),
)

_GENERAL_NFO = """<?xml version="1.0" encoding="UTF-8" standalone="yes" ?>
<movie>
    <title>The General</title>
    <year>1926</year>
    <userrating>9</userrating>
    <plot>My grandfather's favourite: one man, one engine, and the best timing that was ever put on rails.</plot>
    <uniqueid type="imdb" default="true">tt0017925</uniqueid>
    <tag>grandfather's list</tag>
    <playcount>3</playcount>
</movie>
"""
_BROKEN_NFO = """<?xml version="1.0" encoding="UTF-8"?>
<movie>
    <title>Battleship Potemkin</title>
    <year>1925</year>
    <plot>The file ends in the middle of
"""
_SUBTITLES = "1\n00:00:00,500 --> 00:00:02,000\nMind the wire.\n"


def make_library(root: Path) -> bool:
    """Make the library as a whole; False when it is there already: what Metarr did to it since stays."""
    if root.exists():
        return False
    unfinished = root.with_name(f".{root.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    for piece in PIECES:
        _put(unfinished / piece.path, _film(piece))
    for path, content in _extras().items():
        _put(unfinished / path, content)
    unfinished.rename(root)
    return True


def _extras() -> dict[str, bytes]:
    return {
        "The General (1926)/The General (1926).nfo": _GENERAL_NFO.encode(),
        "The General (1926)/poster.jpg": pictures.draw("poster", "The General, found in the attic", 9),
        "The General (1926)/.actors/Buster_Keaton.jpg": pictures.draw("portrait", "Buster", 9),
        "Battleship Potemkin (1925)/movie.nfo": _BROKEN_NFO.encode(),
        "1917 (2019)/1917 (2019).en.srt": _SUBTITLES.encode(),
        "1917 (2019)/1917 (2019).de.forced.srt": _SUBTITLES.encode(),
        "Safety Last! (1923)/VIDEO_TS/VIDEO_TS.IFO": b"DVDVIDEO-VMG" + bytes(2036),
        "Safety Last! (1923)/VIDEO_TS/VTS_01_0.IFO": b"DVDVIDEO-VTS" + bytes(2036),
    }


def _put(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _film(piece: Piece) -> bytes:
    data = encode(Path(piece.path).suffix.lower(), piece.seconds, piece.language)
    return data[: len(data) // 3] if piece.broken else data


type Packet = AnyPacket[av.AudioStream]

_CONTAINERS = {".mkv": "matroska", ".mp4": "mp4", ".avi": "avi", ".vob": "vob"}


def encode(suffix: str, seconds: float, language: str) -> bytes:
    """A clip with moving bars and a tone, in the container of the file name's ending."""
    container = _CONTAINERS[suffix]
    out = io.BytesIO()
    with av.open(out, "w", format=container) as clip:
        video = clip.add_stream("mpeg2video" if container == "vob" else "mpeg4", rate=_RATE)
        video.width, video.height, video.pix_fmt = _WIDTH, _HEIGHT, "yuv420p"
        video.bit_rate = 200_000
        audio = clip.add_stream({"vob": "ac3", "avi": "ac3"}.get(container, "aac"), rate=_TONE_RATE, layout="stereo")
        assert isinstance(audio, av.AudioStream)
        audio.metadata["language"] = language
        for number in range(round(seconds * _RATE)):
            for packet in video.encode(_picture(number)):
                clip.mux(packet)
        for packet in _sound(audio, seconds):
            clip.mux(packet)
        for packet in video.encode(None):
            clip.mux(packet)
    return out.getvalue()


def _picture(number: int) -> av.VideoFrame:
    """Vertical bars that move by four pixels a frame."""
    frame = av.VideoFrame(_WIDTH, _HEIGHT, "yuv420p")
    for index, plane in enumerate(frame.planes):
        line = bytes((x * (3 + index) + number * 4) % 220 + 16 for x in range(plane.line_size))
        plane.update(line * plane.height)
    frame.pts = number
    frame.time_base = Fraction(1, _RATE)
    return frame


def _sound(stream: av.AudioStream, seconds: float) -> list[Packet]:
    """A soft square wave of 200 Hz."""
    packets: list[Packet] = []
    size = stream.codec_context.frame_size or 1024
    period = _TONE_RATE // 400
    for start in range(0, round(seconds * _TONE_RATE), size):
        frame = av.AudioFrame("s16", "stereo", size)
        wave = b"".join(
            (800 if (start + at) // period % 2 else -800).to_bytes(2, "little", signed=True) * 2 for at in range(size)
        )
        frame.planes[0].update(wave.ljust(frame.planes[0].buffer_size, b"\0"))
        frame.sample_rate, frame.pts, frame.time_base = _TONE_RATE, start, Fraction(1, _TONE_RATE)
        packets += _resampled(stream, frame)
    return packets + stream.encode(None)


def _resampled(stream: av.AudioStream, frame: av.AudioFrame) -> list[Packet]:
    resampler = av.AudioResampler(stream.codec_context.format, stream.codec_context.layout, _TONE_RATE)
    return [packet for part in resampler.resample(frame) for packet in stream.encode(part)]
