"""A thumbnail looks like its original."""

import io

import numpy as np
import pytest
from PIL import Image

from metarr.blobs.names import THUMBNAIL_EXT, THUMBNAIL_WIDTHS
from metarr_cache.images import thumbnail
from support import pictures

LEAST_LIKENESS = 38.0
"""Decibels of signal to noise: from about 35 on nobody tells two pictures apart side by side."""


def likeness(one: Image.Image, other: Image.Image) -> float:
    difference = np.asarray(one, dtype=float) - np.asarray(other, dtype=float)
    return float(10 * np.log10(255**2 / (difference**2).mean()))


@pytest.mark.parametrize("width", THUMBNAIL_WIDTHS)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_no_difference_is_seen_beside_the_original(width: int, seed: int) -> None:
    data = pictures.poster(seed=seed)
    original = Image.open(io.BytesIO(data)).convert("RGB")
    made = thumbnail(data, width)
    small = Image.open(io.BytesIO(made.data))
    assert (made.ext, made.mime_type, small.format) == (THUMBNAIL_EXT, "image/webp", "WEBP")
    assert likeness(small.convert("RGB"), original.resize(small.size, Image.Resampling.LANCZOS)) > LEAST_LIKENESS


def test_a_thumbnail_of_a_poster_is_much_smaller_than_the_poster() -> None:
    data = pictures.poster(seed=1)
    assert len(thumbnail(data, 320).data) * 3 < len(data)


@pytest.mark.parametrize("transparent", [True, False])
def test_a_thumbnail_is_as_transparent_as_its_original(transparent: bool) -> None:
    data = pictures.clear_logo() if transparent else pictures.poster()
    small = Image.open(io.BytesIO(thumbnail(data, 160).data))
    assert small.has_transparency_data is transparent
