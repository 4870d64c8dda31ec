"""What an image is, told from its bytes: the only module that decodes pictures, and so the only user of pillow and imagehash.

How it stays fast and safe:

1. The first bytes decide whether it is worth a decoder at all; names and Content-Type headers are never believed.
2. The header gives width and height. Above MAX_PIXELS nothing is decoded: a 10 kB PNG can hold 81 million pixels.
3. One full decode follows, because only that tells a whole file from half a file. JPEG decodes straight to grey at up to
   an eighth of the size, as far as MIN_SIDE pixels stay on the short side: the perceptual hash looks at 32 x 32 anyway.
4. The hash is `imagehash.phash` of the reduced picture. Reducing must keep fractions of pixels at the edge (the `box`),
   or the hash moves by up to 4 bits. Transparent pictures are laid on mid-grey first: a dozen different white logos
   would have one hash otherwise.
"""

import io
import struct
import warnings
import zlib

import imagehash
import numpy as np
from msgspec import Struct
from PIL import ExifTags, Image, ImageOps

from metarr.errors import ImageRefused

MAX_BYTES = 50 * 1024 * 1024
MAX_PIXELS = 50_000_000
MIN_SIDE = 128
"""Pixels that reducing leaves on the short side."""

_HASH_SIDE = 32
_GREY = 128
_WEBP_QUALITY = 85
"""Of thumbnails: no difference is seen beside the original, and a poster has two thirds of the bytes of a JPEG that is as good."""
_HEAD = 1024
_COLOURS = ("RGB", "RGBA")
_LARGEST_PROFILE = 16 * 1024
"""Bytes; those of cameras and screens have some hundreds to a few thousands, those of printers are left out."""
_PROFILE_SIGNATURE = slice(36, 40)
_TURNED = (5, 6, 7, 8)
"""EXIF orientations that swap width and height."""

_BROKEN = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    EOFError,
    IndexError,
    KeyError,
    OverflowError,
    struct.error,
    zlib.error,
)
_FORMATS = {
    "JPEG": ("image/jpeg", "jpg"),
    "PNG": ("image/png", "png"),
    "WEBP": ("image/webp", "webp"),
    "GIF": ("image/gif", "gif"),
}

# Pillow only warns where we want to stop.
warnings.simplefilter("error", Image.DecompressionBombWarning)


class ImageFacts(Struct, frozen=True, kw_only=True):
    """`width` and `height` in pixels as a viewer shows it (EXIF rotation applied); `perceptual_hash` is 16 hex digits."""

    width: int
    height: int
    mime_type: str
    ext: str
    perceptual_hash: str


class Thumbnail(Struct, frozen=True, kw_only=True):
    """A smaller copy: its bytes and what they are."""

    data: bytes
    mime_type: str
    ext: str


def inspect(data: bytes) -> ImageFacts:
    """Check and describe an image. Blocks for some 15 ms a megabyte, and trusts its decoders: services ask decoding.Decoders.

    Raises ImageRefused, with a reason for people, for anything but a whole JPEG, PNG, WebP or GIF within the limits.
    """
    kind = _recognise(data)
    with _open(data, kind) as image:
        width, height = image.size
        _check_size(width, height)
        fingerprint = _fingerprint(image)
        if _orientation(image) in _TURNED:
            width, height = height, width
    mime_type, ext = _FORMATS[kind]
    return ImageFacts(width=width, height=height, mime_type=mime_type, ext=ext, perceptual_hash=fingerprint)


def thumbnail(data: bytes, width: int) -> Thumbnail:
    """A copy `width` pixels wide (never wider than the original), upright, as WebP with what is transparent in the original.

    Raises ImageRefused as `inspect`.
    """
    with _open(data, _recognise(data)) as image:
        _check_size(*image.size)
        image.draft("RGB", (width, width))
        profile = _profile(image)
        small = _upright(image)
        small = small.convert("RGBA" if small.has_transparency_data else "RGB")
        if small.width > width:
            small = small.resize((width, max(1, round(small.height * width / small.width))), Image.Resampling.LANCZOS)
    return _encode(small, profile)


def _recognise(data: bytes) -> str:
    head = data[:_HEAD]
    if len(data) > MAX_BYTES:
        raise ImageRefused(f"the file is larger than {MAX_BYTES // (1024 * 1024)} MB")
    if head.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "GIF"
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "WEBP"
    raise ImageRefused(f"{_what_else(head)}; only JPEG, PNG, WebP and GIF pictures are taken")


def _what_else(head: bytes) -> str:
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if not head:
        return "the file is empty"
    if b"<svg" in text:
        return "it is an SVG drawing"
    if text.startswith((b"<!doctype html", b"<html", b"<head", b"<body")):
        return "it is an HTML page"
    if text.startswith((b"{", b"[")):
        return "it is a JSON text"
    if head[4:8] == b"ftyp":
        return "it is an AVIF or HEIF picture or a video"
    return "it is not a picture"


def _open(data: bytes, kind: str) -> Image.Image:
    try:
        return Image.open(io.BytesIO(data), formats=(kind,))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as bomb:
        raise ImageRefused(f"the picture has more than {MAX_PIXELS:,} pixels") from bomb
    except _BROKEN as broken:
        raise ImageRefused("the picture is broken: its header cannot be read") from broken


def _check_size(width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise ImageRefused(f"the picture has {width} x {height} pixels; more than {MAX_PIXELS:,} are not decoded")


def _load(image: Image.Image) -> None:
    try:
        image.load()
    except (Image.DecompressionBombError, Image.DecompressionBombWarning, MemoryError) as bomb:
        raise ImageRefused("the picture unpacks to far more than its size tells") from bomb
    except _BROKEN as broken:
        raise ImageRefused("the picture is broken or was cut off") from broken


def _fingerprint(image: Image.Image) -> str:
    drafted = image.draft("L", (MIN_SIDE, MIN_SIDE))
    _load(image)
    grey = _to_grey(image)
    right, bottom = drafted[1][2:] if drafted else grey.size
    factor = max(1, min(grey.size) // MIN_SIDE)
    box = (0.0, 0.0, right / factor, bottom / factor)
    tiny = grey.reduce(factor).resize((_HASH_SIDE, _HASH_SIDE), Image.Resampling.LANCZOS, box=box)
    return str(imagehash.phash(tiny))


def _to_grey(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I"):
        return _from_16_bit(image)
    if not image.has_transparency_data:
        return image.convert("L")
    layers = image.convert("RGBA")
    backdrop = Image.new("L", image.size, _GREY)
    backdrop.paste(layers.convert("L"), mask=layers.getchannel("A"))
    return backdrop


def _from_16_bit(image: Image.Image) -> Image.Image:
    """`convert("L")` clips at 255, which would turn a 16-bit grey picture white."""
    return Image.fromarray((np.asarray(image).astype(np.uint32) >> 8).astype(np.uint8))


def _orientation(image: Image.Image) -> int:
    try:
        value = image.getexif().get(ExifTags.Base.Orientation, 1)
    except _BROKEN:  # a broken note about the camera does not spoil the picture
        return 1
    return value if isinstance(value, int) else 1


def _upright(image: Image.Image) -> Image.Image:
    _load(image)
    if image.mode.startswith("I"):
        return _from_16_bit(image)
    try:
        return ImageOps.exif_transpose(image)
    except _BROKEN:
        return image


def _profile(image: Image.Image) -> bytes:
    """The colour profile that the pixels keep their meaning by; empty where there is none, or it is about other than red, green and blue."""
    profile = image.info.get("icc_profile")
    if image.mode not in _COLOURS or not isinstance(profile, bytes) or len(profile) > _LARGEST_PROFILE:
        return b""
    return profile if profile[_PROFILE_SIGNATURE] == b"acsp" else b""


def _encode(image: Image.Image, profile: bytes) -> Thumbnail:
    target = io.BytesIO()
    image.save(target, "WEBP", quality=_WEBP_QUALITY, method=4, icc_profile=profile)
    return Thumbnail(data=target.getvalue(), mime_type="image/webp", ext="webp")
