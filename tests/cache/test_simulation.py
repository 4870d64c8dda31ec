"""What other rules would change is told before they are saved, item by item, and nothing is touched by asking."""

import asyncio
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metarr.db.queries.artwork_rounds import ItemArtwork
from metarr.db.queries.assets import CandidateRow, SlotRow, StoredAsset
from metarr.domain.artwork_rules import PRESETS, SlotRules
from metarr.domain.settings import Settings
from metarr.errors import Invalid
from metarr.messages.facts import ArtworkRoundBegun
from metarr.messages.jobs import ChooseArtwork
from metarr.messages.requests import ArtworkSimulated, SimulateArtwork
from metarr_cache import jobs, simulation
from metarr_cache.choosing import choose
from metarr_cache.intake import Failure, Kept
from metarr_cache.options import Option, suppose, taste_of
from metarr_cache.simulation import Rules, Simulations
from support import pictures
from support.artwork import add_collection, add_library, add_movie, snapshot
from support.cache_house import WRITTEN, House

TEXTLESS = {"assets.preset": "textless"}
LIKED: dict[str, Any] = {"width": 500, "height": 750, "language": "en", "likes": 9}
PLAIN: dict[str, Any] = {"width": 500, "height": 750, "language": None, "likes": 9}


async def simulate(house: House, settings: dict[str, Any], **more: Any) -> ArtworkSimulated:
    asked = SimulateArtwork(library_id=more.pop("library_id", house.library), settings=settings, **more)
    return await Simulations(house.db).simulate_artwork(asked)


async def add_film(house: House, *, title: str = "Aliens") -> int:
    movie = await add_movie(house.db, house.library, f"{house.root}/{title}/{title}.mkv")
    await house.offer("poster", pictures.poster(seed=movie), entity_id=movie, **LIKED)
    await house.offer("poster", None, entity_id=movie, **PLAIN)
    await house.cache(movie)
    return movie


async def test_an_item_that_would_change_shows_both_pictures_with_their_scores_and_why(house: House) -> None:
    old = await house.offer("poster", pictures.poster(), **LIKED)
    new = await house.offer("poster", None, **PLAIN)
    await house.cache()
    answer = await simulate(house, TEXTLESS)
    (item,) = answer.items
    (slot,) = item.slots
    assert (item.entity_type, item.entity_id, item.title, slot.asset_type) == (
        "movie",
        house.movie,
        "Alien.mkv",
        "poster",
    )
    assert slot.old is not None
    assert (slot.old.candidate_id, slot.new.candidate_id) == (old, new)
    assert (slot.old.score, slot.old.score_now) == (52.31, 60.88)
    assert (slot.new.score, slot.new.score_now) == (68.31, 52.88)
    assert [(part.name, part.points, part.of) for part in slot.new.score_parts][2] == ("language", 40.0, 40.0)
    assert slot.why_not == "scored 52.3, the chosen one 68.3: language -16"
    shown = await house.shown()
    assert shown is not None
    assert (slot.old.content_hash, slot.new.content_hash) == (shown["content_hash"], None)


async def test_asking_changes_and_fetches_nothing(house: House) -> None:
    await house.offer("poster", pictures.poster(), **LIKED)
    await house.offer("poster", None, **PLAIN)
    await house.cache()
    before, asked = await snapshot(house.db, *WRITTEN, "app_settings"), list(house.gallery.asked)
    assert (await simulate(house, TEXTLESS)).changed == 1
    assert await snapshot(house.db, *WRITTEN, "app_settings") == before
    assert house.gallery.asked == asked


async def test_what_was_foretold_comes_true_when_the_rules_are_saved(house: House) -> None:
    await house.offer("poster", pictures.poster(seed=1), **LIKED)
    new = await house.offer("poster", pictures.poster(seed=2), **PLAIN)
    await house.offer("fanart", pictures.fanart())
    await house.cache()
    foretold = await simulate(house, TEXTLESS)
    await house.set("assets.preset", '"textless"')
    fact = await house.cache()
    assert fact.changed == tuple(slot.asset_type for item in foretold.items for slot in item.slots) == ("poster",)
    assert (await house.candidate(new))["status"] == "chosen"
    assert (await simulate(house, TEXTLESS)).items == ()


async def test_locked_slots_never_change_and_are_counted(house: House) -> None:
    await add_film(house)
    locked = await add_film(house, title="Alien 3")
    await house.offer("logo", pictures.clear_logo(), entity_id=locked, language="en")
    await house.cache(locked)
    async with house.db.read() as conn:
        await conn.execute("UPDATE movies SET poster_locked = true WHERE id = $1", locked)
    answer = await simulate(house, TEXTLESS)
    assert (answer.changed, answer.unchanged, answer.locked) == (1, 1, 1)
    assert (answer.items_seen, answer.items_total, answer.last) == (3, 3, None)


async def test_only_what_would_be_saved_for_this_library_counts(house: House) -> None:
    await add_film(house)
    await house.set(f"library.{house.library}.assets.preset", '"own"')
    assert (await simulate(house, TEXTLESS)).changed == 0
    assert (await simulate(house, {f"library.{house.library}.assets.preset": "textless"})).changed == 1
    assert (await simulate(house, {f"library.{house.library}.assets.preset": None, **TEXTLESS})).changed == 1
    assert (await simulate(house, {"library.99.assets.preset": "textless"})).changed == 0
    with pytest.raises(Invalid) as raised:
        await simulate(house, {"assets.poster": {"languages": ["German"]}})
    assert list(raised.value.errors) == ["assets.poster"]
    assert raised.value.errors["assets.poster"].startswith("has a value of the wrong form: languages[0]: ")


async def test_a_long_answer_comes_in_pages_and_every_item_once(house: House) -> None:
    films = [await add_film(house, title=f"Film {n}") for n in range(5)]
    collection = await add_collection(house.db, *films[:2])
    owner = {"entity_type": "collection", "entity_id": collection}
    await house.offer("poster", pictures.poster(seed=99), **owner, **LIKED)
    await house.offer("poster", None, **owner, **PLAIN)
    await house.cache(films[0])
    seen, counted, pages = [], 0, 0
    place: tuple[bool, int] | None = (False, 0)
    while place is not None and pages < 9:
        page = await simulate(house, TEXTLESS, collections=place[0], after=place[1], limit=2)
        seen += [(item.entity_type, item.entity_id) for item in page.items]
        counted, pages, place = counted + page.changed, pages + 1, page.last
    assert seen == [*(("movie", film) for film in films), ("collection", collection)]
    assert (counted, pages) == (6, 3)


async def test_an_answer_ends_before_it_is_too_large_or_takes_too_long(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    films = [await add_film(house, title=f"Film {n}") for n in range(3)]
    monkeypatch.setattr(simulation, "MOST_BYTES", 100)
    assert [item.entity_id for item in (await simulate(house, TEXTLESS)).items] == films[:1]
    monkeypatch.undo()
    monkeypatch.setattr(simulation, "MOST_SEEN", 2)
    page = await simulate(house, TEXTLESS)
    assert (page.items_seen, page.last) == (2, (False, films[0]))


async def test_films_in_the_trash_and_in_other_libraries_are_left_out(house: House) -> None:
    film = await add_film(house)
    other = await add_library(house.db, "/elsewhere", name="Others")
    assert (await simulate(house, TEXTLESS, library_id=other)).items_total == 0
    async with house.db.read() as conn:
        await conn.execute("UPDATE movies SET deleted_at = now() WHERE id = $1", film)
    answer = await simulate(house, TEXTLESS)
    assert (answer.items, answer.items_total) == ((), 1)


async def test_a_library_is_chosen_for_anew_in_parts_in_the_background(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    films = [house.movie, *[await add_movie(house.db, house.library, f"{house.root}/{n}.mkv") for n in range(2)]]
    monkeypatch.setattr(jobs, "ROUND", 2)
    first = await house.run_job(house.handlers, ChooseArtwork(library_id=house.library))
    assert first == ArtworkRoundBegun(library_id=house.library, items=tuple(films[:2]), last=films[1])
    async with house.db.read() as conn:
        placed = await conn.fetch(
            "SELECT kind, entity_id, priority FROM job_queue WHERE status = 'pending' ORDER BY id"
        )
    assert [tuple(row) for row in placed] == [
        ("CacheAssets", films[0], 10),
        ("CacheAssets", films[1], 10),
        ("ChooseArtwork", house.library, 10),
    ]
    second = await house.run_job(house.handlers, ChooseArtwork(library_id=house.library, after=films[1]))
    assert second == ArtworkRoundBegun(library_id=house.library, items=(films[2],))


ASSET = StoredAsset(
    id=7, content_hash="7" * 64, file_path="x", file_size=9, mime_type="image/jpeg", width=500, height=750,
    perceptual_hash="0" * 16, source_type="provider", source_url="https://images/shown", provider_name="tmdb",
)  # fmt: skip
rows = st.builds(
    CandidateRow,
    id=st.just(0),
    entity_type=st.just("movie"),
    entity_id=st.just(1),
    asset_type=st.just("poster"),
    source_type=st.sampled_from(["provider", "user"]),
    provider_name=st.sampled_from(["tmdb", "fanart_tv"]),
    source_url=st.just(""),
    width=st.none() | st.integers(100, 4000),
    height=st.none() | st.integers(100, 4000),
    language=st.sampled_from([None, "en", "de"]),
    likes=st.none() | st.integers(0, 30),
    perceptual_hash=st.sampled_from([None, "0" * 16, "f" * 16]),
    cache_asset_id=st.sampled_from([None, 7]),
)
many_rows = st.lists(rows, max_size=8).map(
    lambda many: [
        CandidateRow(
            **{name: getattr(row, name) for name in row.__struct_fields__ if name not in ("id", "source_url", "asset")},
            id=number,
            source_url=f"https://images/{number}",
            asset=ASSET if row.cache_asset_id else None,
        )
        for number, row in enumerate(many, start=1)
    ]
)
settings = st.builds(
    Settings,
    preset=st.sampled_from(["own", *PRESETS]),
    weights=st.sampled_from(list(PRESETS.values())),
    poster=st.builds(SlotRules, min_width=st.none() | st.integers(0, 5000)),
    phash_max_distance=st.integers(0, 64),
)


@given(many=many_rows, tried=settings, current=st.sampled_from([None, ASSET]))
def test_a_locked_slot_never_changes_whatever_rules_and_candidates(
    many: list[CandidateRow], tried: Settings, current: StoredAsset | None
) -> None:
    slot = SlotRow(entity_type="movie", entity_id=1, asset_type="poster", locked=True, current=current)
    fetched: list[str] = []

    async def bring(option: Option) -> Kept | Failure:
        fetched.append(option.source_url)
        return Failure(reason="nobody should have asked")

    choice = asyncio.run(choose(suppose(slot, many, ()), taste_of(slot, None, tried), bring))
    best = choice.best
    assert fetched == []
    assert best is None or (best.kept is not None and current is not None and best.kept.content_hash == "7" * 64)
    item = ItemArtwork(entity_type="movie", entity_id=1, title="", original_language=None, slots=(slot,),
                       candidates=tuple(many), published=())  # fmt: skip
    outcome = simulation._outcome(item, Rules(now=Settings(), tried=tried))
    assert (outcome.moved, outcome.unchanged) == ((), 0)


@given(many=many_rows, tried=settings, seed=st.integers(0, 1000), small=st.sets(st.integers(1, 8)))
def test_the_same_candidates_in_any_order_give_the_same_choice_also_when_their_looks_come_with_the_download(
    many: list[CandidateRow], tried: Settings, seed: int, small: set[int]
) -> None:
    slot = SlotRow(entity_type="movie", entity_id=1, asset_type="poster")

    async def bring(option: Option) -> Kept | Failure:
        number = option.candidate.id
        if number % 4 == 0:
            return Failure(reason="it is gone")
        looks = "0" * 16 if number in small else f"{number:016x}"
        size = (400, 600) if number in small else (1000, 1500)
        return Kept(content_hash=f"{number:064x}", file_path="x", file_size=number, mime_type="image/jpeg",
                    width=size[0], height=size[1], perceptual_hash=looks)  # fmt: skip

    def chosen(rows: list[CandidateRow]) -> tuple[int | None, list[tuple[int, int | None]]]:
        choice = asyncio.run(choose(suppose(slot, rows, ()), taste_of(slot, None, tried), bring))
        best = choice.best.candidate.id if choice.best else None
        return best, [(one.candidate.id, one.repeats) for one in choice.ranked]

    assert chosen(random.Random(seed).sample(many, len(many))) == chosen(many)


@given(many=many_rows, tried=settings)
def test_a_simulation_foretells_nothing_for_the_rules_by_which_was_chosen(
    many: list[CandidateRow], tried: Settings
) -> None:
    free = SlotRow(entity_type="movie", entity_id=1, asset_type="poster", current=ASSET)
    item = ItemArtwork(entity_type="movie", entity_id=1, title="", original_language=None, slots=(free,),
                       candidates=tuple(many), published=())  # fmt: skip
    best = simulation._choice(suppose(free, many, ()), taste_of(free, None, tried)).best
    foretold = simulation._outcome(item, Rules(now=tried, tried=tried))
    stays = best is None or (best.kept is not None and best.kept.content_hash == ASSET.content_hash)
    assert len(foretold.moved) == (0 if stays else 1)
