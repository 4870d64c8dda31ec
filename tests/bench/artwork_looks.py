"""Artwork: how well perceptual hashes tell the same picture from different ones, on pictures made for it.

Posters may differ in 6 of 64 bits, transparent logos in 2. One row for each kind of change: `found` is how many changed copies are
known again (recall, the ratio that is held against the aim), and how many of those that are taken for the same really are
(precision). Scaled, recompressed, brighter and darker copies are the same picture: all of them should be found.

Two kinds have no aim. A crop of 2 % moves every edge: most photographs survive it, since their hash holds large shapes, and few
logos do, whose edges are all there is, within their narrower limit; a miss costs a second entry in the picker and no more. Another
language is another picture to a person, but its title is a small part of it: most of them count as the same by looks alone. That
is why candidates of one slot in different languages are never put together (domain.scoring_groups), whatever their hashes say.
"""

from collections.abc import Iterator, Mapping

from bench.table import Row
from metarr.db.queries.shared_pictures import PHOTO_DISTANCE
from metarr.domain.scoring import ALPHA_DISTANCE
from support.look_alikes import (
    LOGO_CHANGES,
    POSTER_CHANGES,
    SAME,
    Change,
    Quality,
    logo_file,
    looks,
    measure,
    poster_file,
)

PICTURES = 60
RECALL = {"poster": 0.99, "logo": 0.95}
PRECISION = 0.99


def run() -> list[Row]:
    return [
        *_kind("poster", poster_file, POSTER_CHANGES, PHOTO_DISTANCE),
        *_kind("logo", logo_file, LOGO_CHANGES, ALPHA_DISTANCE),
    ]


def _kind(kind: str, original: Change, changes: Mapping[str, Change], most: int) -> Iterator[Row]:
    pictures = looks(PICTURES, original)
    for name, change in changes.items():
        quality = measure(pictures, looks(PICTURES, change), most)
        yield _recall(kind, name, quality, most)
        yield _precision(kind, name, quality)


def _recall(kind: str, name: str, quality: Quality, most: int) -> Row:
    return Row(
        name=f"looks: {kind} {name}, within {most} bits (recall)",
        ours=f"{quality.found} of {quality.pictures}",
        floor=f"farthest {quality.farthest} bits",
        ratio=quality.recall,
        at="least",
        aim=RECALL[kind] if name in SAME else None,
    )


def _precision(kind: str, name: str, quality: Quality) -> Row:
    return Row(
        name=f"looks: {kind} {name}, different pictures taken for the same (precision)",
        ours=f"{quality.false} of {quality.pairs}",
        floor=f"nearest {quality.nearest} bits",
        ratio=quality.precision,
        at="least",
        aim=PRECISION if name in SAME else None,
    )
