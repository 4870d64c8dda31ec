"""Pictures for the demo, drawn from a name: the same name gives the same bytes."""

import functools
import hashlib
import io
import math

from PIL import Image, ImageDraw, ImageFont

SIZES = {
    "poster": (1000, 1500),
    "fanart": (1920, 1080),
    "logo": (800, 310),
    "clearart": (1000, 562),
    "banner": (1000, 185),
    "thumb": (1000, 562),
    "discart": (1000, 1000),
    "portrait": (421, 632),
}
TRANSPARENT = frozenset({"logo", "clearart", "discart"})


@functools.lru_cache(maxsize=256)
def draw(kind: str, title: str, variant: int = 0, width: int | None = None) -> bytes:
    """A JPEG, or a PNG with transparency for logo, clear art and disc. `width` in pixels scales it down."""
    seed = hashlib.sha256(f"{kind}:{title}:{variant}".encode()).digest()
    size = SIZES[kind]
    picture = _transparent(kind, size, title, seed) if kind in TRANSPARENT else _scene(size, title, seed, kind)
    if width is not None and width < size[0]:
        picture = picture.resize((width, round(size[1] * width / size[0])), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    picture.save(out, "PNG" if kind in TRANSPARENT else "JPEG", **({} if kind in TRANSPARENT else {"quality": 88}))
    return out.getvalue()


def suffix(kind: str) -> str:
    """The file name ending of a kind of picture."""
    return "png" if kind in TRANSPARENT else "jpg"


def _scene(size: tuple[int, int], title: str, seed: bytes, kind: str) -> Image.Image:
    """A sky, a sun and hills in colours of the seed; posters and banners carry the title, backdrops do not."""
    width, height = size
    picture = Image.new("RGB", size)
    pen = ImageDraw.Draw(picture)
    top, bottom = _colour(seed[0:3], 0.55), _colour(seed[3:6], 0.95)
    for row in range(height):
        share = row / height
        pen.line(
            [(0, row), (width, row)], fill=tuple(round(a + (b - a) * share) for a, b in zip(top, bottom, strict=True))
        )
    radius = min(size) * (0.12 + seed[6] / 1500)
    x, y = width * (0.25 + seed[7] / 512), height * (0.22 + seed[8] / 1024)
    pen.ellipse([x - radius, y - radius, x + radius, y + radius], fill=_colour(seed[9:12], 1.25))
    for layer in range(3):
        _hill(pen, size, seed, layer)
    if kind in {"poster", "banner", "thumb", "portrait"}:
        _write(pen, title, size, height * (0.86 if kind != "banner" else 0.5), (245, 240, 230))
    return picture


def _hill(pen: ImageDraw.ImageDraw, size: tuple[int, int], seed: bytes, layer: int) -> None:
    width, height = size
    phase, swing = seed[12 + layer] / 40, 0.05 + seed[15 + layer] / 3000
    line = [
        (x, height * (0.55 + 0.13 * layer + swing * math.sin(phase + x / width * (3 + layer * 2))))
        for x in range(0, width + 8, 8)
    ]
    pen.polygon([(0, height), *line, (width, height)], fill=_colour(seed[18 + layer : 21 + layer], 0.55 - 0.14 * layer))


def _transparent(kind: str, size: tuple[int, int], title: str, seed: bytes) -> Image.Image:
    width, height = size
    picture = Image.new("RGBA", size, (0, 0, 0, 0))
    pen = ImageDraw.Draw(picture)
    ink = (*_colour(seed[0:3], 1.3), 255)
    if kind == "discart":
        pen.ellipse([4, 4, width - 4, height - 4], fill=(*_colour(seed[3:6], 0.8), 255))
        pen.ellipse([width * 0.42, height * 0.42, width * 0.58, height * 0.58], fill=(0, 0, 0, 0))
        _write(pen, title, size, height * 0.25, ink)
    else:
        if kind == "clearart":
            pen.rounded_rectangle(
                [20, height * 0.3, width - 20, height * 0.95], 60, fill=(*_colour(seed[6:9], 0.7), 220)
            )
        _write(pen, title, size, height * 0.5, ink)
        pen.line([(width * 0.1, height * 0.85), (width * 0.9, height * 0.85)], fill=ink, width=6)
    return picture


def _write(pen: ImageDraw.ImageDraw, title: str, size: tuple[int, int], y: float, ink: tuple[int, ...]) -> None:
    """The title in the middle, as large as the width allows."""
    points = min(size[1] * 0.4, size[0] * 1.6 / max(len(title), 6))
    font = ImageFont.load_default(max(12, points))
    pen.text((size[0] / 2, y), title, fill=ink, font=font, anchor="mm")


def _colour(seed: bytes, light: float) -> tuple[int, int, int]:
    red, green, blue = (min(255, round((60 + value * 0.6) * light)) for value in seed)
    return red, green, blue
