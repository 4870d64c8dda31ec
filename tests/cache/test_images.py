"""An image is what its bytes say, whole and within limits, or it is refused in plain words."""

import io

import imagehash
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from metarr.errors import ImageRefused
from metarr_cache.images import ImageFacts, inspect, thumbnail
from support import pictures


def full_hash(data: bytes) -> imagehash.ImageHash:
    image = Image.open(io.BytesIO(data))
    image.load()
    return imagehash.phash(image)


def distance(one: str, other: str) -> int:
    return (int(one, 16) ^ int(other, 16)).bit_count()


@pytest.mark.parametrize(
    ("kind", "mime_type", "ext"),
    [
        ("JPEG", "image/jpeg", "jpg"),
        ("PNG", "image/png", "png"),
        ("WEBP", "image/webp", "webp"),
        ("GIF", "image/gif", "gif"),
    ],
)
def test_the_content_says_what_it_is(kind: pictures.Kind, mime_type: str, ext: str) -> None:
    facts = inspect(pictures.encoded(pictures.photo(300, 450), kind))
    assert (facts.width, facts.height, facts.mime_type, facts.ext) == (300, 450, mime_type, ext)
    assert len(facts.perceptual_hash) == 16


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (pictures.HTML, "HTML page"),
        (pictures.SVG, "SVG"),
        (b"\0\0\0\x20ftypavif" + bytes(64), "AVIF"),
        (b"%PDF-1.7 something", "not a picture"),
        (b"\xff\xd8\xff" + bytes(20), "broken"),
        (pictures.poster()[:-2000], "cut off"),
        (pictures.poster()[: len(pictures.poster()) // 2], "cut off"),
        (pictures.clear_logo()[:-300], "cut off"),
        (pictures.encoded(pictures.photo(200, 300), "WEBP")[:-500], "broken"),
        (pictures.png_claiming(500, 750), "cut off"),
    ],
)
def test_what_is_no_whole_picture_is_refused_with_the_reason(data: bytes, reason: str) -> None:
    with pytest.raises(ImageRefused, match=reason):
        inspect(data)


@pytest.mark.parametrize(
    "data", [pictures.png_bomb(9000), pictures.png_claiming(30000, 30000), pictures.png_claiming(12000, 12000)]
)
def test_a_bomb_is_refused_before_it_is_unpacked(data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    def unpack(_image: Image.Image) -> None:
        pytest.fail("it was decoded")

    assert len(data) < 20_000
    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", unpack)
    with pytest.raises(ImageRefused, match="pixels"):
        inspect(data)


def test_a_file_above_50_mb_is_refused_unread() -> None:
    with pytest.raises(ImageRefused, match="larger than 50 MB"):
        inspect(pictures.poster() + bytes(50 * 1024 * 1024))


@given(
    data=st.binary(max_size=200),
    start=st.sampled_from([b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"RIFF\0\0\0\0WEBP"]),
)
def test_random_bytes_never_do_worse_than_being_refused(data: bytes, start: bytes) -> None:
    with pytest.raises(ImageRefused):
        inspect(start + data)


@settings(max_examples=60, deadline=None)
@given(cut=st.floats(0.0, 1.0), at=st.floats(0.0, 1.0), flip=st.integers(1, 255))
def test_a_damaged_picture_is_described_or_refused(cut: float, at: float, flip: int) -> None:
    whole = bytearray(pictures.poster(width=100, height=150))
    whole[int(at * (len(whole) - 1))] ^= flip
    try:
        facts = inspect(bytes(whole[: int(cut * len(whole))]))
    except ImageRefused:
        return
    assert isinstance(facts, ImageFacts)


@pytest.mark.parametrize("size", [(1000, 1500), (1001, 1499), (1279, 721), (640, 360), (333, 517), (90, 140)])
@pytest.mark.parametrize(
    "options", [{"quality": 90}, {"quality": 75, "subsampling": 0}, {"quality": 85, "progressive": True}]
)
def test_the_hash_of_a_reduced_jpeg_is_that_of_the_full_picture(size: tuple[int, int], options: dict[str, int]) -> None:
    data = pictures.encoded(pictures.photo(*size, seed=size[0]), "JPEG", **options)
    assert imagehash.hex_to_hash(inspect(data).perceptual_hash) - full_hash(data) <= 2


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_the_hash_of_other_formats_is_that_of_the_full_picture(kind: pictures.Kind) -> None:
    data = pictures.encoded(pictures.photo(1001, 1499, seed=5), kind)
    assert imagehash.hex_to_hash(inspect(data).perceptual_hash) - full_hash(data) <= 2


def test_the_same_picture_smaller_and_coarser_has_nearly_the_same_hash() -> None:
    original = pictures.photo(1000, 1500, seed=3)
    smaller = pictures.encoded(original.resize((500, 750)), quality=60)
    assert distance(inspect(pictures.encoded(original)).perceptual_hash, inspect(smaller).perceptual_hash) <= 2


def test_different_pictures_have_different_hashes() -> None:
    hashes = [inspect(pictures.poster(seed=seed)).perceptual_hash for seed in range(6)]
    assert min(distance(one, other) for one in hashes for other in hashes if one is not other) > 6


def test_white_logos_are_told_apart_by_their_transparency() -> None:
    hashes = {inspect(pictures.clear_logo(seed=seed)).perceptual_hash for seed in range(12)}
    assert len(hashes) == 12


def test_a_palette_picture_with_transparency_is_read() -> None:
    data = pictures.encoded(pictures.logo(400, 150).quantize(16), "PNG", transparency=0)
    assert inspect(data).width == 400


def test_16_bit_grey_has_the_hash_of_the_same_picture_in_8_bit() -> None:
    grey = pictures.photo(300, 450, seed=9).convert("L")
    deep = Image.fromarray(np.asarray(grey).astype(np.uint16) * 257)
    assert (
        inspect(pictures.encoded(deep, "PNG")).perceptual_hash == inspect(pictures.encoded(grey, "PNG")).perceptual_hash
    )


def test_cmyk_is_read() -> None:
    facts = inspect(pictures.encoded(pictures.photo(300, 450).convert("CMYK"), "JPEG"))
    assert (facts.width, facts.height) == (300, 450)


@pytest.mark.parametrize(("orientation", "size"), [(1, (300, 200)), (3, (300, 200)), (6, (200, 300)), (8, (200, 300))])
def test_width_and_height_are_those_of_the_upright_picture(orientation: int, size: tuple[int, int]) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    facts = inspect(pictures.encoded(pictures.photo(300, 200), "JPEG", exif=exif))
    assert (facts.width, facts.height) == size


def test_a_thumbnail_is_as_wide_as_asked_and_keeps_the_shape() -> None:
    made = thumbnail(pictures.poster(), 160)
    assert (made.mime_type, made.ext) == ("image/webp", "webp")
    assert Image.open(io.BytesIO(made.data)).size == (160, 240)


def test_a_thumbnail_is_never_larger_than_the_picture() -> None:
    assert Image.open(io.BytesIO(thumbnail(pictures.poster(), 1280).data)).size == (500, 750)


def test_a_thumbnail_keeps_transparency() -> None:
    made = thumbnail(pictures.clear_logo(), 160)
    assert made.mime_type == "image/webp"
    assert Image.open(io.BytesIO(made.data)).mode == "RGBA"


def test_a_thumbnail_stands_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    made = thumbnail(pictures.encoded(pictures.photo(600, 400), "JPEG", exif=exif), 160)
    assert Image.open(io.BytesIO(made.data)).size == (160, 240)


def test_there_is_no_thumbnail_of_a_bomb() -> None:
    with pytest.raises(ImageRefused, match="pixels"):
        thumbnail(pictures.png_bomb(), 160)
