"""Pictures are decoded in processes of their own; whatever happens to one costs the picture it had, and nothing else."""

import asyncio
import io
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PIL import Image

from metarr.errors import ImageRefused
from metarr_cache import images
from metarr_cache.decoding import Decoders, DecodersUnavailable
from support import pictures
from support.waiting import eventually

PLAY_DEAD = """
import os, time
from metarr_cache import decoder_process

really = decoder_process.inspect

def inspect(data):
    if data.startswith(b"crash"):
        os.kill(os.getpid(), 11)
    if data.startswith(b"hang"):
        time.sleep(3600)
    if data.startswith(b"eat"):
        return bytearray(3 << 30)
    return really(data)

decoder_process.inspect = inspect
decoder_process._main()
"""
PLAYING_DEAD = (sys.executable, "-c", PLAY_DEAD)

PARENT = """
import asyncio, sys
from metarr_cache.decoding import Decoders

async def main():
    async with Decoders(processes=1, seconds=float(sys.argv[2]), command=(sys.executable, "-c", sys.argv[1])) as decoders:
        try:
            await decoders.inspect(b"nothing")
        except Exception:
            pass
        print("decoded", flush=True)
        await (asyncio.Event().wait() if sys.argv[3] == "idle" else decoders.inspect(b"hang"))

asyncio.run(main())
"""


@pytest.fixture
async def decoders() -> AsyncIterator[Decoders]:
    async with Decoders(processes=1) as opened:
        yield opened


def children(parent: int) -> list[int]:
    """Processes for decoding whose parent it is."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rpartition(")")[2].split()
            ours = b"decoder_process" in (entry.parent / "cmdline").read_bytes()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if ours and int(fields[1]) == parent:
            found.append(int(entry.parent.name))
    return found


async def test_a_picture_is_described_as_in_this_process(decoders: Decoders) -> None:
    for data in (pictures.poster(), pictures.clear_logo(), pictures.encoded(pictures.photo(90, 140), "WEBP")):
        assert await decoders.inspect(data) == images.inspect(data)


async def test_a_thumbnail_is_the_same_as_in_this_process(decoders: Decoders) -> None:
    large, small = pictures.fanart(), pictures.clear_logo()
    assert await decoders.thumbnail(large, 320) == images.thumbnail(large, 320)
    assert await decoders.thumbnail(small, 640) == images.thumbnail(small, 640)


async def test_what_is_no_picture_is_refused_with_the_same_words_and_the_process_lives(decoders: Decoders) -> None:
    await decoders.inspect(pictures.poster())
    (before,) = children(os.getpid())
    for data in (b"", pictures.SVG, pictures.HTML, pictures.poster()[:-900], pictures.png_claiming(30000, 30000)):
        with pytest.raises(ImageRefused) as there:
            await decoders.inspect(data)
        with pytest.raises(ImageRefused) as here:
            images.inspect(data)
        assert str(there.value) == str(here.value)
    assert children(os.getpid()) == [before]


@pytest.mark.parametrize(
    ("data", "reason"),
    [(b"crash", "makes the program crash"), (b"hang", "given up after"), (b"eat", "too much memory")],
)
async def test_a_picture_that_harms_its_decoder_is_refused_and_costs_no_other(data: bytes, reason: str) -> None:
    async with Decoders(processes=2, seconds=2.0, command=PLAYING_DEAD) as decoders:
        good = [pictures.poster(seed=seed) for seed in range(4)]
        found = await asyncio.gather(
            *(decoders.inspect(one) for one in [*good[:2], data, *good[2:]]), return_exceptions=True
        )
    harmful = found.pop(2)
    assert isinstance(harmful, ImageRefused)
    assert reason in str(harmful)
    assert found == [images.inspect(one) for one in good]


async def test_a_process_that_was_ended_from_outside_costs_no_picture(decoders: Decoders) -> None:
    await decoders.inspect(pictures.poster())
    (process,) = children(os.getpid())
    os.kill(process, signal.SIGKILL)
    assert (await decoders.inspect(pictures.poster())).width == 500


async def test_memory_is_limited_for_true(tmp_path: Path) -> None:
    data = pictures.encoded(Image.new("RGB", (7000, 7000)), "PNG")
    async with Decoders(processes=1, memory=300 << 20) as decoders:
        with pytest.raises(ImageRefused, match=r"takes too much memory|far more than its size tells"):
            await decoders.inspect(data)
        assert (await decoders.inspect(pictures.poster())).width == 500


@pytest.mark.parametrize("mode", ["RGBA", "I;16", "CMYK"])
async def test_the_largest_picture_that_is_taken_fits_into_the_limits(decoders: Decoders, mode: str) -> None:
    image = Image.new(mode, (7000, 7100))
    data = pictures.encoded(image, "JPEG" if mode == "CMYK" else "PNG", compress_level=1)
    assert (await decoders.inspect(data)).width == 7000
    assert Image.open(io.BytesIO((await decoders.thumbnail(data, 160)).data)).width == 160


async def test_as_many_are_at_work_as_was_said_and_no_more() -> None:
    async with Decoders(processes=2) as decoders:
        await asyncio.gather(*(decoders.inspect(pictures.poster(seed=seed)) for seed in range(8)))
        assert len(children(os.getpid())) == 2


async def test_no_process_is_left_after_the_end() -> None:
    async with Decoders(processes=1, command=PLAYING_DEAD) as decoders:
        await decoders.inspect(pictures.poster())
        hanging = asyncio.create_task(decoders.inspect(b"hang"))
        await asyncio.sleep(0)
        hanging.cancel()
    assert children(os.getpid()) == []
    with pytest.raises(DecodersUnavailable):
        await decoders.inspect(pictures.poster())


async def test_a_process_that_does_not_start_is_trouble_of_the_house() -> None:
    async with Decoders(command=(sys.executable, "-c", "raise SystemExit(1)")) as decoders:
        with pytest.raises(DecodersUnavailable, match="does not start"):
            await decoders.inspect(pictures.poster())


@pytest.mark.parametrize("doing", ["idle", "hanging"])
async def test_the_processes_end_when_their_parent_is_killed(doing: str) -> None:
    short = PLAY_DEAD.replace("decoder_process._main()", "decoder_process.GRACE = 0.1; decoder_process._main()")
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PARENT, short, "1", doing, stdout=asyncio.subprocess.PIPE
    )
    assert parent.stdout is not None
    await asyncio.wait_for(parent.stdout.readline(), 30)
    await eventually(lambda: children(parent.pid), what="there is a process")
    (child,) = children(parent.pid)
    parent.kill()
    await parent.wait()
    assert await eventually(lambda: _is_gone(child), what="it is gone")


def _is_gone(process: int) -> bool:
    """Also when nobody in this container collects what has no parent."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True
