"""Pictures that are odd and allowed: many frames, deep or printed colours, profiles, turned by their camera."""

import io
import struct

import numpy as np
import pytest
from PIL import Image, ImageCms

from metarr_cache.decoding import Decoders
from metarr_cache.images import inspect, thumbnail
from support import pictures

PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def gif_of(frames: int, data: bytes) -> bytes:
    """The same frame again and again: what the header says once, then the frame as often as wanted."""
    table = 3 * 2 ** ((data[10] & 7) + 1) if data[10] & 0x80 else 0
    header, frame = data[: 13 + table], data[13 + table : -1]
    return header + frame * frames + b";"


def mean_colour(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).reshape(-1, 3).mean(axis=0)


async def test_of_a_gif_with_10000_frames_only_the_first_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    one = pictures.encoded(pictures.photo(60, 90), "GIF")
    many = gif_of(10_000, one)
    assert len(many) < 50 << 20
    assert Image.open(io.BytesIO(gif_of(3, one))).n_frames == 3  # type: ignore[attr-defined]
    async with Decoders(processes=1, seconds=5.0, memory=512 << 20) as decoders:
        assert await decoders.inspect(many) == await decoders.inspect(one)

    def go_on(*_: object) -> None:
        pytest.fail("another frame was looked at")

    monkeypatch.setattr("PIL.GifImagePlugin.GifImageFile.seek", go_on)
    assert inspect(many) == inspect(one)
    assert thumbnail(many, 160) == thumbnail(one, 160)


async def test_a_gif_whose_frame_is_larger_than_it_says_is_measured_by_the_frame() -> None:
    small = bytearray(pictures.encoded(pictures.photo(300, 450), "GIF"))
    small[6:10] = struct.pack("<HH", 10, 10)
    facts = inspect(bytes(small))
    assert (facts.width, facts.height) == (300, 450)


def test_a_thumbnail_of_16_bit_grey_is_as_dark_as_the_picture() -> None:
    grey = pictures.photo(300, 450, seed=9).convert("L")
    deep = Image.fromarray(np.asarray(grey).astype(np.uint16) * 257)
    made = [thumbnail(pictures.encoded(image, "PNG"), 160) for image in (grey, deep)]
    assert np.abs(mean_colour(made[0].data) - mean_colour(made[1].data)).max() < 2


def test_a_thumbnail_of_a_print_picture_has_its_colours() -> None:
    plain = pictures.photo(300, 450, seed=4)
    printed = pictures.encoded(plain.convert("CMYK"), "JPEG", quality=95)
    difference = mean_colour(thumbnail(printed, 160).data) - mean_colour(pictures.encoded(plain))
    assert np.abs(difference).max() < 6


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_colour_profile_goes_along_into_the_thumbnail(kind: pictures.Kind) -> None:
    data = pictures.encoded(pictures.photo(300, 450), kind, icc_profile=PROFILE)
    assert inspect(data).width == 300
    assert Image.open(io.BytesIO(thumbnail(data, 160).data)).info["icc_profile"] == PROFILE


@pytest.mark.parametrize("given", [b"no profile at all", PROFILE + bytes(20_000)])
def test_what_is_no_profile_or_a_huge_one_is_left_out_and_spoils_nothing(given: bytes) -> None:
    data = pictures.encoded(pictures.photo(300, 450), "PNG", icc_profile=given)
    assert inspect(data).width == 300
    assert "icc_profile" not in Image.open(io.BytesIO(thumbnail(data, 160).data)).info


def test_a_print_profile_is_not_kept_for_other_colours() -> None:
    data = pictures.encoded(pictures.photo(300, 450).convert("CMYK"), "JPEG", icc_profile=PROFILE)
    assert "icc_profile" not in Image.open(io.BytesIO(thumbnail(data, 160).data)).info


@pytest.mark.parametrize("value", [0, 9, 65535])
def test_an_impossible_rotation_is_no_rotation(value: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = value
    data = pictures.encoded(pictures.photo(300, 200), "JPEG", exif=exif)
    assert (inspect(data).width, inspect(data).height) == (300, 200)
    assert Image.open(io.BytesIO(thumbnail(data, 160).data)).size == (160, 107)
