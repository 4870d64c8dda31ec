"""Every candidate says what it scored, where, and why it is not the one that is shown."""

from typing import Any

import pytest

from metarr.db.queries.assets import SlotRow
from metarr.db.queries.assets_picking import clear_slot, pick_candidate
from metarr.domain.artwork_rules import ScoreWeights
from metarr.domain.scoring import Candidate, Taste, rank
from metarr.domain.scoring_slots import SLOTS
from metarr_cache.choosing import Choice
from metarr_cache.options import Option, SlotOptions
from metarr_cache.reasons import why_not
from support import pictures
from support.artwork import add_actor
from support.cache_house import House


async def reason(house: House, number: int) -> str | None:
    said: str | None = (await house.candidate(number))["reason"]
    return said


async def test_a_lower_score_is_compared_with_the_chosen_one_term_by_term(house: House) -> None:
    best = await house.offer("poster", pictures.poster(width=1000, height=1500), width=1000, height=1500, language="en")
    other = await house.offer("poster", None, width=500, height=750, language="fr", likes=2)
    await house.cache()
    assert (await house.candidate(best))["score"] == 57.5
    assert await reason(house, other) == ("scored 35.9, the chosen one 57.5: language -18, resolution -5.6, votes +2")


async def test_every_part_says_how_many_points_of_how_many_and_why(house: House) -> None:
    number = await house.offer("poster", pictures.poster(), width=500, height=750, language="en", likes=10)
    await house.set("assets.preset", '"votes"')
    await house.cache()
    assert (await house.candidate(number))["score_parts"] == [
        {"name": "resolution", "points": 1.88, "of": 30.0, "why": "500 x 750, 6% of 2000 x 3000"},
        {"name": "aspect", "points": 0.0, "of": 0.0, "why": "0.67 : 1"},
        {"name": "language", "points": 20.0, "of": 20.0, "why": "in en, wanted language 1"},
        {"name": "votes", "points": 20.0, "of": 40.0, "why": "10 likes"},
        {"name": "provider", "points": 10.0, "of": 10.0, "why": "from tmdb"},
    ]


@pytest.mark.parametrize(
    ("best", "other", "said"),
    [
        ({"likes": 2}, {"likes": 1}, "has more votes"),
        ({"name_preference": 1}, {"name_preference": 2}, "bears the name that players prefer"),
        ({"file_size": 10}, {"file_size": 20}, "is the smaller file"),
        ({}, {}, "was found first"),
    ],
)
def test_of_equal_scores_the_reason_is_what_decided(best: dict[str, Any], other: dict[str, Any], said: str) -> None:
    pair = [Candidate(id=n, source_type="provider", **more) for n, more in enumerate((best, other), start=1)]
    ranked = tuple(rank(pair, SLOTS["poster"], Taste(weights=ScoreWeights(votes=0))))
    slot = SlotRow(entity_type="movie", entity_id=1, asset_type="poster")
    choice = Choice(
        subject=SlotOptions(slot=slot, options=(), intact=False),
        options=(),
        ranked=ranked,
        best=Option(candidate=ranked[0].candidate, source_url=""),
    )
    assert ranked[0].candidate.id == 1
    assert why_not(ranked[1], choice) == f"scored 42.0 like the chosen one, which {said}"


async def test_in_a_locked_slot_the_lock_is_the_reason(house: House) -> None:
    shown = await house.offer("poster", pictures.poster(), width=500, height=750)
    await house.cache()
    better = await house.offer("poster", None, width=2000, height=3000, language="en", likes=20)
    empty = await house.offer("logo", None, language="en")
    async with house.db.read() as conn:
        await conn.execute("UPDATE movies SET poster_locked = true, logo_locked = true")
    await house.cache()
    assert await reason(house, better) == "locked slot shows your choice"
    assert await reason(house, empty) == "locked slot stays empty, as you chose"
    assert (await house.candidate(shown))["status"] == "chosen"


async def test_what_is_no_artwork_or_too_small_says_so(house: House) -> None:
    await house.offer("poster", pictures.poster(), width=500, height=750)
    small = await house.offer("poster", None, width=300, height=450, language="en", likes=20)
    wrong = await house.offer("poster", None, width=1920, height=1080, language="en", likes=20)
    await house.set("assets.poster", '{"min_width": 400, "min_height": 600}')
    await house.cache()
    assert await reason(house, small) == "300 x 450 is smaller than 400 x 600"
    assert await reason(house, wrong) == "1920 x 1080 has quite another shape"


async def test_a_last_resort_that_is_shown_says_what_is_wrong_with_it(house: House) -> None:
    only = await house.offer("poster", pictures.poster(width=300, height=450), width=300, height=450)
    await house.cache()
    assert await reason(house, only) == "highest score, although 300 x 450 is smaller than 500 x 700"


async def test_a_larger_copy_takes_the_place_of_the_one_shown_and_a_smaller_one_is_not_fetched(house: House) -> None:
    original = pictures.photo(1000, 1500, seed=5)
    small = pictures.encoded(original.resize((600, 900)), quality=60)
    first = await house.offer("poster", small, width=600, height=900, language="en", likes=20)
    await house.cache()
    looks = (await house.candidate(first))["perceptual_hash"]
    large = await house.offer("poster", pictures.encoded(original), width=1000, height=1500, language="en")
    again = await house.offer("poster", None, width=500, height=750, language="en", likes=20, perceptual_hash=looks)
    await house.set("assets.weights", '{"resolution": 90, "votes": 0}')
    await house.cache()
    assert (await house.candidate(large))["status"] == "chosen"
    assert await reason(house, first) == "same picture as the one of 1000 x 1500 from tmdb, smaller (600 x 900)"
    assert await reason(house, again) == "same picture as the one of 1000 x 1500 from tmdb, smaller (500 x 750)"
    assert len(house.gallery.asked) == 2
    assert [(await house.candidate(one))["same_as"] for one in (first, again, large)] == [large, large, None]


async def test_who_stood_for_others_and_is_withdrawn_stands_for_nobody(house: House) -> None:
    original = pictures.photo(1000, 1500, seed=5)
    small = await house.beside("poster.jpg", pictures.encoded(original.resize((600, 900))))
    large = await house.offer("poster", pictures.encoded(original), width=1000, height=1500, language="en", likes=20)
    await house.cache()
    assert ((await house.candidate(small))["same_as"], (await house.candidate(small))["status"]) == (large, "rejected")
    async with house.db.read() as conn:
        await conn.execute("DELETE FROM asset_candidates WHERE id = $1", large)
    assert (await house.candidate(small))["same_as"] is None


async def test_in_a_locked_slot_the_smaller_one_a_person_chose_stays_and_hides_behind_nobody(house: House) -> None:
    original = pictures.photo(1000, 1500, seed=5)
    small = await house.offer("poster", data := pictures.encoded(original.resize((600, 900))), language="en")
    await house.cache()
    async with house.db.transaction() as conn:
        await pick_candidate(conn, "movie", house.movie, "poster", small)
    await house.beside("poster.jpg", pictures.encoded(original))
    await house.cache()
    assert await house.bytes_shown() == data
    chosen = await house.candidate(small)
    assert (chosen["status"], chosen["reason"], chosen["same_as"]) == ("chosen", "chosen by you", None)


async def test_a_persons_choice_is_the_reason_of_all_others_at_once(house: House) -> None:
    first = await house.offer("poster", pictures.poster(seed=1), language="en")
    other = await house.offer("poster", None, language="fr")
    await house.cache()
    async with house.db.transaction() as conn:
        await pick_candidate(conn, "movie", house.movie, "poster", first)
    assert await reason(house, other) == "locked slot shows your choice"
    async with house.db.transaction() as conn:
        await clear_slot(conn, "movie", house.movie, "poster")
    assert {await reason(house, one) for one in (first, other)} == {"locked slot stays empty, as you chose"}


async def test_a_person_keeps_the_portrait_that_was_fetched_first(house: House) -> None:
    actor = await add_actor(house.db, house.movie, "Sigourney Weaver")
    owner = {"entity_type": "actor", "entity_id": actor}
    await house.offer("thumb", pictures.poster(), **owner)
    await house.cache()
    later = await house.offer("thumb", None, likes=20, **owner)
    await house.cache()
    assert await reason(house, later) == "the person has a picture already"


async def test_the_films_own_language_is_known_from_tmdb(house: House) -> None:
    async with house.db.read() as conn:
        await conn.execute(
            "INSERT INTO metadata_answers (entity_type, entity_id, source, answer) VALUES ('movie', $1, 'tmdb', $2)",
            house.movie,
            {"original_language": "ja"},
        )
    own = await house.offer("poster", pictures.poster(), width=500, height=750, language="ja")
    await house.set("assets.poster", '{"languages": ["original", "wanted"]}')
    await house.cache()
    parts = {part["name"]: part for part in (await house.candidate(own))["score_parts"]}
    assert (parts["language"]["points"], parts["language"]["why"]) == (20.0, "in ja, the film's own language")
