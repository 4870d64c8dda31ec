"""Small real pictures of our own making: photos with grain, logos with transparency, and files that only pretend."""

import io
import random
import struct
import zlib
from typing import Literal

from PIL import Image, ImageDraw, ImageFilter

type Kind = Literal["JPEG", "PNG", "WEBP", "GIF"]


def photo(width: int, height: int, *, seed: int = 1) -> Image.Image:
    """A picture with large shapes, soft edges and grain, different for every seed."""
    chance = random.Random(seed)
    image = Image.new("RGB", (width, height), _colour(chance))
    draw = ImageDraw.Draw(image)
    for _ in range(12):
        left, top = chance.uniform(-0.3, 0.9) * width, chance.uniform(-0.3, 0.9) * height
        right, bottom = left + chance.uniform(0.1, 0.6) * width, top + chance.uniform(0.1, 0.6) * height
        draw.ellipse((left, top, right, bottom), fill=_colour(chance))
    image = image.filter(ImageFilter.GaussianBlur(max(1, min(width, height) / 100)))
    grain = Image.frombytes("L", (64, 64), chance.randbytes(64 * 64)).resize(image.size)
    return Image.blend(image, Image.merge("RGB", (grain, grain, grain)), 0.06)


def logo(width: int, height: int, *, seed: int = 1) -> Image.Image:
    """White shapes on nothing: all that tells one from another is its alpha channel."""
    chance = random.Random(seed)
    alpha = Image.new("L", (width, height), 0)
    draw = ImageDraw.Draw(alpha)
    for _ in range(5):
        left, top = chance.uniform(0, 0.7) * width, chance.uniform(0, 0.6) * height
        draw.rectangle((left, top, left + chance.uniform(0.1, 0.3) * width, top + 0.4 * height), fill=255)
    image = Image.new("RGBA", (width, height), (255, 255, 255, 0))
    image.putalpha(alpha)
    return image


def encoded(image: Image.Image, kind: Kind = "JPEG", **options: object) -> bytes:
    """The bytes of a file that holds `image`."""
    target = io.BytesIO()
    image.save(target, kind, **options)
    return target.getvalue()


def poster(*, seed: int = 1, width: int = 500, height: int = 750) -> bytes:
    """A poster as a provider serves it: JPEG, 2:3."""
    return encoded(photo(width, height, seed=seed), quality=85)


def fanart(*, seed: int = 1, width: int = 1280, height: int = 720) -> bytes:
    """A backdrop: JPEG, 16:9."""
    return encoded(photo(width, height, seed=seed), quality=85)


def clear_logo(*, seed: int = 1, width: int = 400, height: int = 155) -> bytes:
    """A logo: PNG with transparency."""
    return encoded(logo(width, height, seed=seed), "PNG")


def png_bomb(side: int = 9000) -> bytes:
    """Some kilobytes of PNG that unpack to `side` x `side` pixels."""
    row = b"\0" * (1 + side // 8)
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    packer = zlib.compressobj(9)
    body = b"".join(packer.compress(row) for _ in range(side)) + packer.flush()
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", body) + _chunk(b"IEND", b"")


def png_claiming(width: int, height: int) -> bytes:
    """A PNG whose header claims a size and whose body holds nothing."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(b"")) + _chunk(b"IEND", b"")


HTML = b"<!DOCTYPE html><html><body>404: no such picture</body></html>"
SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _colour(chance: random.Random) -> tuple[int, int, int]:
    return chance.randrange(256), chance.randrange(256), chance.randrange(256)
