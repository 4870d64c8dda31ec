"""The looks of a picture outlive what happens to it on its way, and tell it from all others."""

from collections.abc import Mapping

import pytest

from metarr.db.queries.shared_pictures import PHOTO_DISTANCE
from metarr.domain.scoring import ALPHA_DISTANCE
from support.look_alikes import LOGO_CHANGES, POSTER_CHANGES, SAME, Change, logo_file, looks, measure, poster_file

PICTURES = 8


@pytest.mark.parametrize(
    ("original", "changes", "most"),
    [(poster_file, POSTER_CHANGES, PHOTO_DISTANCE), (logo_file, LOGO_CHANGES, ALPHA_DISTANCE)],
    ids=["posters", "logos"],
)
def test_the_same_picture_is_known_again_and_no_other_is_taken_for_it(
    original: Change, changes: Mapping[str, Change], most: int
) -> None:
    pictures = looks(PICTURES, original)
    told = {name: measure(pictures, looks(PICTURES, change), most) for name, change in changes.items()}
    assert {name: quality.recall for name, quality in told.items() if name in SAME and quality.recall < 1} == {}
    assert {name: quality.false for name, quality in told.items() if quality.false} == {}
