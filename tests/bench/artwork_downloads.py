"""Artwork: bytes downloaded for a film, against fetching every candidate.

The choosing, the intake and the store are the cache service's own (`choosing.choose`, `Intake`); the network is a stand-in that
counts. A film has as many candidates as a well-known one has at TMDB and fanart.tv together, in the usual sizes (pictures half as wide
and high as that, to be made in reasonable time) and languages. Some are not what they are said to be: one in twelve is
smaller, one in twelve is gone. Aim: a fifth at most, for films of all kinds together.
"""

import asyncio
import random
import tempfile
from collections.abc import Iterator, Mapping

from msgspec import Struct

from bench.table import Row
from metarr.blobs import BlobStore
from metarr.db.queries.assets import SlotRow
from metarr.domain.scoring import Candidate, Taste
from metarr_cache.choosing import choose
from metarr_cache.intake import Intake
from metarr_cache.options import Option, SlotOptions
from support.decoding import DecodesHere
from support.gallery import Gallery
from support.pictures import Kind, encoded, logo, photo

AIM = 0.2
FILMS = 3

_ODD = 12
"""One in so many is smaller than it is said to be, and one is gone."""


class Offered(Struct, frozen=True, kw_only=True):
    """How many candidates a slot has, and in which sizes."""

    count: int
    sizes: tuple[tuple[int, int], ...]
    transparent: bool = False


OFFERED: Mapping[str, Offered] = {
    "poster": Offered(count=24, sizes=((1000, 1500), (1000, 1500), (500, 750))),
    "fanart": Offered(count=18, sizes=((1920, 1080), (1920, 1080), (960, 540))),
    "logo": Offered(count=8, sizes=((800, 310), (400, 155)), transparent=True),
    "clearart": Offered(count=4, sizes=((1000, 562), (500, 281)), transparent=True),
    "banner": Offered(count=4, sizes=((1000, 185),)),
    "thumb": Offered(count=5, sizes=((1000, 562),)),
    "discart": Offered(count=3, sizes=((1000, 1000),), transparent=True),
}


def run() -> list[Row]:
    films = [_download(seed) for seed in range(FILMS)]
    rows = [_row(f"film {number + 1}", *film) for number, film in enumerate(films)]
    ours, all_of_them = (sum(film[place] for film in films) for place in (0, 1))
    return [*rows, _row("all films", ours, all_of_them, aim=AIM)]


def _row(name: str, ours: int, every: int, *, aim: float | None = None) -> Row:
    return Row(
        name=f"downloads: {name}, against every candidate (share of the bytes)",
        ours=f"{ours / 1e6:.1f} MB",
        floor=f"{every / 1e6:.1f} MB",
        ratio=ours / every,
        at="most",
        aim=aim,
    )


def _download(seed: int) -> tuple[int, int]:
    """Bytes that were fetched, and bytes that there are."""
    gallery = CountingGallery()
    subjects = list(_film(random.Random(seed), gallery))
    every = gallery.bytes_held
    with tempfile.TemporaryDirectory(prefix="metarr-bench-") as folder:
        asyncio.run(_choose_all(subjects, Intake(BlobStore(folder), gallery, DecodesHere())))
    return gallery.bytes_fetched, every


async def _choose_all(subjects: list[SlotOptions], intake: Intake) -> None:
    for subject in subjects:
        choice = await choose(subject, Taste(), lambda option: intake.bring(option.source_url, root=None))
        assert choice.best is not None
        assert choice.best.kept is not None


class CountingGallery(Gallery):
    """Knows how many bytes hang in it, and how many of them were fetched."""

    bytes_fetched = 0

    @property
    def bytes_held(self) -> int:
        return sum(len(found) for found in self._at.values() if isinstance(found, bytes))

    async def fetch_bytes(self, url: str, *, priority: int = 5) -> bytes | None:
        found = await super().fetch_bytes(url, priority=priority)
        self.bytes_fetched += len(found or b"")
        return found


def _film(chance: random.Random, gallery: Gallery) -> Iterator[SlotOptions]:
    for asset_type, offered in OFFERED.items():
        slot = SlotRow(entity_type="movie", entity_id=1, asset_type=asset_type)
        options = tuple(_option(number, asset_type, offered, chance, gallery) for number in range(1, offered.count + 1))
        yield SlotOptions(slot=slot, options=options, intact=False)


def _option(number: int, asset_type: str, offered: Offered, chance: random.Random, gallery: Gallery) -> Option:
    width, height = said = chance.choice(offered.sizes)
    odd = chance.randrange(_ODD)
    real = (width // 3, height // 3) if odd == 0 else said
    picture = None if odd == 1 else _file(real, offered, chance.randrange(1 << 30))
    candidate = Candidate(
        id=number,
        source_type="provider",
        provider_name=chance.choice(("tmdb", "fanart_tv")),
        width=width,
        height=height,
        language=chance.choice(("en", "en", "de", "fr", None)),
        vote_average=chance.uniform(3, 8),
        vote_count=chance.randrange(60),
    )
    url = gallery.hang(f"https://image.test/{asset_type}/{number}", picture)
    return Option(candidate=candidate, source_url=url)


def _file(size: tuple[int, int], offered: Offered, seed: int) -> bytes:
    """Grain is drawn once for each picture, so most files are as large as their size promises."""
    image = logo(*size, seed=seed) if offered.transparent else photo(*size, seed=seed)
    kind: Kind = "PNG" if offered.transparent else "JPEG"
    return encoded(image, kind) if offered.transparent else encoded(image, kind, quality=90)
