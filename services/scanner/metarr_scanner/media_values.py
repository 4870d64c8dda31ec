"""What libav says about a stream, put into the values that the database keeps: pure rules, each with its source."""

from collections.abc import Callable, Set
from fractions import Fraction

_STANDARD_RATES = (24000 / 1001, 24.0, 25.0, 30000 / 1001, 30.0, 48.0, 50.0, 60000 / 1001, 60.0, 120.0)
_SNAP = 0.0015
"""A matroska file made from an mp4 has no frame duration and gives 1127/47 for 24000/1001; 24 itself is only 0.1 % away,
so the nearest wins."""

_SHAPES = (("4:3", 4 / 3), ("16:9", 16 / 9), ("5:4", 5 / 4), ("3:2", 3 / 2), ("16:10", 16 / 10), ("1:1", 1.0))
_SHAPE_TOLERANCE = 0.01

_PQ, _HLG = 16, 18
_HDR10_PLUS = bytes.fromhex("b5003c000104")
"""ITU-T T.35: country United States, provider Samsung, application 4 version 1 (SMPTE ST 2094-40)."""
_DOLBY_VISION = "dovi"

_BIBLIOGRAPHIC = {
    "sqi": "alb",
    "hye": "arm",
    "eus": "baq",
    "mya": "bur",
    "zho": "chi",
    "ces": "cze",
    "nld": "dut",
    "fra": "fre",
    "kat": "geo",
    "deu": "ger",
    "ell": "gre",
    "isl": "ice",
    "mkd": "mac",
    "mri": "mao",
    "msa": "may",
    "fas": "per",
    "ron": "rum",
    "slk": "slo",
    "bod": "tib",
    "cym": "wel",
}
"""ISO 639-2 has two codes for these: mp4 uses the first, matroska and the names of subtitle files the second, which is kept."""

_LARGEST = 2**31 - 1
_LONGEST_TEXT = 500


def hdr_type(transfer: int, side_data: Set[str], first_packet: Callable[[], bytes]) -> str | None:
    """Dolby Vision before HDR10+ before HLG before HDR10: a file with several is named for the best (BEHAVIOUR 1.6)."""
    if any(_DOLBY_VISION in name.lower() for name in side_data):
        return "Dolby Vision"
    if transfer == _HLG:
        return "HLG"
    if transfer != _PQ:
        return None
    return "HDR10+" if _HDR10_PLUS in first_packet() else "HDR10"


def aspect_ratio(width: int | None, height: int | None, pixel: Fraction | None) -> str | None:
    """The shape as it is shown, "16:9" or "2.39:1"; `pixel` is the shape of one pixel, None or 0 where the file does not say."""
    if not width or not height:
        return None
    shown = width * float(pixel or 1) / height
    name, shape = min(_SHAPES, key=lambda known: abs(known[1] - shown))
    return name if abs(shape - shown) <= _SHAPE_TOLERANCE * shape else f"{shown:.2f}:1"


def standard_rate(rate: float) -> float | None:
    """Frames a second, three decimals; within 0.15 % of a usual rate that rate. None for what cannot be a film's rate."""
    nearest = min(_STANDARD_RATES, key=lambda usual: abs(usual - rate))
    snapped = nearest if abs(nearest - rate) <= _SNAP * nearest else rate
    return round(snapped, 3) if 0 < snapped < 1000 else None


def kilobits(bits: int | None) -> int | None:
    """Bits a second as whole kilobits, None where unknown."""
    return min(round(bits / 1000), _LARGEST) or None if bits and bits > 0 else None


def whole_seconds(seconds: Fraction | None) -> int | None:
    """Rounded; what is shorter than half a second, negative or absurd counts as unknown."""
    whole = round(seconds) if seconds is not None else 0
    return whole if 0 < whole <= _LARGEST else None


def iso_639_2(language: str | None) -> str:
    """Three lower-case letters, the bibliographic code where there are two; `und` for anything else."""
    code = (language or "").strip().lower()[:3]
    if len(code) != 3 or not code.isascii() or not code.isalpha():
        return "und"
    return _BIBLIOGRAPHIC.get(code, code)


def plain_text(text: str | None) -> str | None:
    """A tag that PostgreSQL and JSON accept: no zero bytes, no halves of characters, no more than 500 characters."""
    if not text:
        return None
    clean = text.encode("utf-8", "replace").decode("utf-8").replace("\0", "").strip()
    return clean[:_LONGEST_TEXT] or None
