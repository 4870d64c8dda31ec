"""Artwork: taking a picture in, against decoding all of it and against the least that must be done.

Ours is what the cache service does with bytes that have come: `metarr_cache.images.inspect` (recognise, check, decode, hash) and
`BlobStore.put` (SHA-256, write, fsync, rename). The peer is what comes to mind first and stores nothing: `Image.open`, `load`,
`imagehash.phash`. The floor is SHA-256 and a decode at an eighth of the size: less cannot tell a whole file from half a file.
Pictures have the sizes that TMDB serves and grain as film has it, since grain is what decoding costs. Times are processor time of
this process, so a slow disk does not count against us; more decoding processes are held against one by the clock.
A progressive JPEG must be unpacked whole whatever one does: it is shown, not held against an aim.
"""

import asyncio
import hashlib
import io
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count

import imagehash
import numpy as np
from PIL import Image

from bench.table import Row, milliseconds
from bench.timing import side_by_side
from metarr.blobs import BlobStore
from metarr_cache.decoding import Decoders
from metarr_cache.images import MIN_SIDE, inspect
from support.pictures import encoded, photo

AIM = 4.0
FLOOR_AIM = 1.25
SCALING_AIM = 1.5
"""Of two that are there when nobody else uses the cores."""

_POSTER, _FANART = (2000, 3000), (3840, 2160)
_GRAIN = 5
"""Standard deviation of the grain, in steps of 255."""
_ROUNDS = 7
_MANY = 24
"""Pictures that the processes decode."""


def run() -> list[Row]:
    pictures = (
        ("poster", _picture(_POSTER), True),
        ("fanart", _picture(_FANART), True),
        ("progressive poster", _picture(_POSTER, progressive=True), False),
    )
    rows: list[Row] = []
    for name, data, held in pictures:
        with tempfile.TemporaryDirectory(prefix="metarr-bench-") as folder:
            ingest = partial(_ingest, BlobStore(folder), _variants(data))
            rows.append(_against_peer(name, data, ingest, AIM if held else None))
            rows.append(_against_floor(name, data, ingest, FLOOR_AIM if held else None))
    rows.append(asyncio.run(_scaling(pictures[0][1])))
    return rows


def _against_peer(name: str, data: bytes, ingest: Callable[[], object], aim: float | None) -> Row:
    pair = side_by_side(ingest, partial(_decode_all, data), rounds=_ROUNDS)
    return Row(
        name=f"artwork: {name}, {len(data) / 1e6:.1f} MB, against full decode + phash (times as fast)",
        ours=milliseconds(pair.ours),
        floor=milliseconds(pair.other),
        ratio=pair.other / pair.ours,
        at="least",
        aim=aim,
    )


def _against_floor(name: str, data: bytes, ingest: Callable[[], object], aim: float | None) -> Row:
    pair = side_by_side(ingest, partial(_least, data), rounds=_ROUNDS)
    return Row(
        name=f"artwork: {name}, against SHA-256 + reduced decode (times as long)",
        ours=milliseconds(pair.ours),
        floor=milliseconds(pair.other),
        ratio=pair.ours / pair.other,
        at="most",
        aim=aim,
    )


async def _scaling(data: bytes) -> Row:
    one, two = await _decode_many(data, 1), await _decode_many(data, 2)
    return Row(
        name=f"artwork: {_MANY} posters decoded by two processes, against one (times as fast, by the clock)",
        ours=milliseconds(two),
        floor=milliseconds(one),
        ratio=one / two,
        at="least",
        aim=SCALING_AIM,
    )


async def _decode_many(data: bytes, processes: int) -> float:
    async with Decoders(processes=processes) as decoders:
        await asyncio.gather(*(decoders.inspect(data) for _ in range(processes)))  # they start when they are needed
        began = time.perf_counter()
        await asyncio.gather(*(decoders.inspect(data) for _ in range(_MANY)))
        return time.perf_counter() - began


def _ingest(store: BlobStore, variants: Iterator[bytes]) -> None:
    data = next(variants)
    store.put(data, inspect(data).ext)


def _variants(data: bytes) -> Iterator[bytes]:
    """The same picture as ever other bytes, since the store does not write what it has."""
    return (data + b"%d" % number for number in count())


def _least(data: bytes) -> None:
    hashlib.sha256(data).digest()
    with Image.open(io.BytesIO(data)) as image:
        image.draft("L", (MIN_SIDE, MIN_SIDE))
        image.load()


def _decode_all(data: bytes) -> str:
    with Image.open(io.BytesIO(data)) as image:
        image.load()
        return str(imagehash.phash(image))


def _picture(size: tuple[int, int], *, progressive: bool = False) -> bytes:
    clean = np.asarray(photo(*size)).astype(np.int16)
    grain = np.random.default_rng(1).normal(0, _GRAIN, (size[1], size[0], 1)).astype(np.int16)
    image = Image.fromarray((clean + grain).clip(0, 255).astype(np.uint8))
    return encoded(image, quality=88, progressive=progressive)
