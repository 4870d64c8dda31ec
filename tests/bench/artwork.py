"""Artwork: taking a picture in, against decoding all of it and against the least that must be done.

Ours is what the cache service does with bytes that have come: `metarr_cache.images.inspect` (recognise, check, decode, hash) and
`BlobStore.put` (SHA-256, write, fsync, rename). The peer is what comes to mind first and stores nothing: `Image.open`, `load`,
`imagehash.phash`; against it stands also what is done for the same end, `inspect` alone. The floor is SHA-256 and a decode at an eighth
of the size: less cannot tell a whole file from half a file. How far the peer is above the floor is what can be won at all.
Pictures have the sizes that TMDB serves and grain as film has it, since grain is what decoding costs. Times are processor time of
this process, so a slow disk does not count against us; more decoding processes are held against one by the clock.
A progressive JPEG must be unpacked whole whatever one does: it is shown, not held against an aim.
"""

import asyncio
import hashlib
import io
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial

import imagehash
import numpy as np
from PIL import Image

from bench.table import Row, milliseconds
from bench.timing import side_by_side
from metarr.blobs import BlobStore
from metarr.blobs.names import blob_name
from metarr_cache.decoding import Decoders
from metarr_cache.images import MIN_SIDE, inspect
from support.pictures import encoded, photo

AIM = 4.0
LOOK_AIM = 3.0
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
    poster, fanart = _picture(_POSTER), _picture(_FANART)
    progressive = _picture(_POSTER, progressive=True)
    return [
        *_rows("poster", poster, held=True),
        *_rows("fanart", fanart, held=True),
        *_rows("progressive poster", progressive, held=False),
        asyncio.run(_scaling(poster)),
    ]


def _rows(name: str, data: bytes, *, held: bool) -> Iterator[Row]:
    with tempfile.TemporaryDirectory(prefix="metarr-bench-") as folder:
        ingest = _ingest(BlobStore(folder), data)
        peer, floor = partial(_decode_all, data), partial(_least, data)
        yield _as_fast(f"{name}, {len(data) / 1e6:.1f} MB, taken in", ingest, peer, AIM if held else None)
        yield _as_fast(f"{name}, only looked at", partial(inspect, data), peer, LOOK_AIM if held else None)
        yield _as_long(f"{name}, taken in", ingest, floor, FLOOR_AIM if held else None)


def _as_fast(name: str, ours: Callable[[], object], peer: Callable[[], object], aim: float | None) -> Row:
    pair = side_by_side(ours, peer, rounds=_ROUNDS)
    return Row(
        name=f"artwork: {name}, against full decode + phash (times as fast)",
        ours=milliseconds(pair.ours),
        floor=milliseconds(pair.other),
        ratio=pair.other / pair.ours,
        at="least",
        aim=aim,
    )


def _as_long(name: str, ours: Callable[[], object], floor: Callable[[], object], aim: float | None) -> Row:
    pair = side_by_side(ours, floor, rounds=_ROUNDS)
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


def _ingest(store: BlobStore, data: bytes) -> Callable[[], object]:
    """Takes the same picture in as ever other bytes, since the store does not write what it has.

    The folders are there already, as they are in a store of more than some ten thousand pictures.
    """
    variants = [data + b"%d" % number for number in range(2 * (_ROUNDS + 1))]
    for variant in variants:
        name = blob_name(hashlib.sha256(variant).hexdigest(), "jpg")
        os.makedirs(os.path.dirname(os.path.join(store.root, name.relative)), exist_ok=True)
    left = iter(variants)

    def ingest() -> None:
        variant = next(left)
        store.put(variant, inspect(variant).ext)

    return ingest


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
