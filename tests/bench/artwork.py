"""Artwork: checking and hashing a picture against decoding all of it.

Ours is `metarr_cache.images.inspect`: recognise, check, decode, hash. The peer is what comes to mind first, `Image.open`, `load`,
`imagehash.phash`. Pictures have the sizes that TMDB serves and grain as film has it, since grain is what decoding costs.
Aim: 3 times as fast for posters and fanart. A progressive JPEG must be unpacked whole whatever one does: it is shown, not
held against an aim.
"""

import io
from functools import partial

import imagehash
import numpy as np
from PIL import Image

from bench.table import Row, milliseconds
from bench.timing import side_by_side
from metarr_cache.images import inspect
from support.pictures import encoded, photo

AIM = 3.0
_POSTER, _FANART = (2000, 3000), (3840, 2160)
_GRAIN = 5
"""Standard deviation of the grain, in steps of 255."""


def run() -> list[Row]:
    pictures = (
        ("poster", _picture(_POSTER), AIM),
        ("fanart", _picture(_FANART), AIM),
        ("progressive poster", _picture(_POSTER, progressive=True), None),
    )
    return [_row(name, data, aim) for name, data, aim in pictures]


def _row(name: str, data: bytes, aim: float | None) -> Row:
    pair = side_by_side(partial(inspect, data), partial(_decode_all, data), rounds=5)
    return Row(
        name=f"artwork: {name}, {len(data) / 1e6:.1f} MB (times as fast)",
        ours=milliseconds(pair.ours),
        floor=milliseconds(pair.other),
        ratio=pair.other / pair.ours,
        at="least",
        aim=aim,
    )


def _decode_all(data: bytes) -> str:
    with Image.open(io.BytesIO(data)) as image:
        image.load()
        return str(imagehash.phash(image))


def _picture(size: tuple[int, int], *, progressive: bool = False) -> bytes:
    clean = np.asarray(photo(*size)).astype(np.int16)
    grain = np.random.default_rng(1).normal(0, _GRAIN, (size[1], size[0], 1)).astype(np.int16)
    image = Image.fromarray((clean + grain).clip(0, 255).astype(np.uint8))
    return encoded(image, quality=88, progressive=progressive)
