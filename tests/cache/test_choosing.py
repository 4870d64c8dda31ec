"""The best picture for each slot of a film is fetched and shown, and every other one says why not."""

from datetime import timedelta

import pytest

from metarr.errors import Discard, ProviderRateLimited, ProviderUnavailable, Retry
from metarr.messages.facts import AssetsChosen
from metarr.messages.jobs import CacheAssets
from support import pictures
from support.artwork import add_movie, row
from support.cache_house import BASE, House


async def test_the_best_candidate_of_each_slot_is_fetched_and_shown(house: House) -> None:
    good = pictures.poster(seed=1, width=1000, height=1500)
    best = await house.offer("poster", good, width=1000, height=1500, language="en", vote_average=6.0, vote_count=40)
    other = await house.offer("poster", pictures.poster(seed=2), width=500, height=750, language="fr")
    await house.offer("logo", pictures.clear_logo(), language="en", likes=4)
    fact = await house.cache()
    assert fact == AssetsChosen(
        entity_type="movie", entity_id=house.movie, changed=("poster", "logo"), publishable=True
    )
    assert await house.bytes_shown("poster") == good
    assert await house.bytes_shown("fanart") is None
    assert len(house.gallery.asked) == 2
    chosen, rest = await house.candidate(best), await house.candidate(other)
    assert (chosen["status"], chosen["reason"]) == ("chosen", "highest score")
    assert [part["name"] for part in chosen["score_parts"]] == ["resolution", "aspect", "language", "votes", "provider"]
    assert chosen["score"] == pytest.approx(sum(part["points"] for part in chosen["score_parts"]))
    assert rest["status"] == "candidate"
    assert rest["score"] < chosen["score"]


async def test_a_stored_picture_tells_what_it_is_and_where_it_came_from(house: House) -> None:
    await house.offer("poster", pictures.poster(), width=500, height=750)
    await house.cache()
    asset = await house.shown()
    assert asset is not None
    assert (asset["width"], asset["height"], asset["mime_type"]) == (500, 750, "image/jpeg")
    assert (asset["source_type"], asset["provider_name"], asset["reference_count"]) == ("provider", "tmdb", 1)
    assert asset["source_url"].startswith(BASE)
    assert (
        asset["file_path"]
        == f"cache/assets/{asset['content_hash'][:2]}/{asset['content_hash'][2:4]}/{asset['content_hash']}.jpg"
    )


async def test_what_turns_out_smaller_than_promised_yields_to_the_next(house: House) -> None:
    liar = await house.offer("poster", pictures.poster(seed=1, width=300, height=450), width=2000, height=3000, likes=9)
    await house.offer("poster", honest := pictures.poster(seed=2), width=500, height=750)
    await house.cache()
    assert await house.bytes_shown() == honest
    judged = await house.candidate(liar)
    assert (judged["status"], judged["reason"]) == ("candidate", "300 x 450 is smaller than 500 x 700")


@pytest.mark.parametrize(
    ("found", "status", "reason"),
    [
        (pictures.HTML, "failed", "HTML page"),
        (pictures.SVG, "failed", "SVG"),
        (pictures.png_bomb(), "failed", "pixels"),
        (pictures.poster()[:-3000], "failed", "cut off"),
        (None, "failed", "404"),
        (ProviderUnavailable("tmdb", "did not answer within 30 s"), "candidate", "30 s"),
    ],
)
async def test_what_cannot_be_had_says_why_and_the_next_one_is_taken(
    house: House, found: bytes | Exception | None, status: str, reason: str
) -> None:
    bad = await house.offer("poster", found, width=2000, height=3000, language="en", likes=20)
    await house.offer("poster", good := pictures.poster(seed=2), width=500, height=750)
    await house.cache()
    assert await house.bytes_shown() == good
    judged = await house.candidate(bad)
    assert judged["status"] == status
    assert reason in judged["reason"]
    assert await house.complaint() is None


async def test_what_failed_for_good_is_not_asked_for_again_before_a_week_has_gone(house: House) -> None:
    gone = await house.offer("poster", None, likes=9)
    await house.cache()
    await house.cache()
    assert len(house.gallery.asked) == 1
    async with house.db.transaction() as conn:
        await conn.execute("ALTER TABLE asset_candidates DISABLE TRIGGER touch_updated_at")
        await conn.execute("UPDATE asset_candidates SET updated_at = now() - interval '8 days'")
        await conn.execute("ALTER TABLE asset_candidates ENABLE TRIGGER touch_updated_at")
    await house.cache()
    await house.cache()
    assert len(house.gallery.asked) == 2
    assert (await house.candidate(gone))["status"] == "failed"


async def test_the_job_comes_back_for_a_poster_whose_source_has_trouble_and_then_goes_on_without(house: House) -> None:
    url = await house.offer("poster", ProviderRateLimited("tmdb", "asks to wait 40 s", after=timedelta(seconds=40)))
    with pytest.raises(Retry) as raised:
        await house.cache()
    assert raised.value.after == timedelta(seconds=40)
    async with house.db.read() as conn:
        await conn.execute("UPDATE job_queue SET retry_count = 2, next_retry_at = NULL, ready_seq = 1")
    fact = await house.cache()
    assert fact.publishable
    assert (await house.candidate(url))["status"] == "candidate"
    assert "asks to wait" in (await house.complaint() or "")


async def test_a_film_with_a_poster_does_not_wait_for_a_source_in_trouble(house: House) -> None:
    await house.beside("poster.jpg", mine := pictures.poster())
    await house.offer("poster", ProviderUnavailable("tmdb", "has trouble"), width=2000, height=3000, likes=20)
    await house.cache()
    assert await house.bytes_shown() == mine


async def test_a_better_picture_takes_the_place_of_the_one_shown(house: House) -> None:
    old = await house.offer("poster", pictures.poster(seed=1), language="en", likes=1)
    await house.cache()
    before = await house.shown()
    new = await house.offer(
        "poster", better := pictures.poster(seed=2), width=2000, height=3000, language="en", likes=9
    )
    assert (await house.candidate(new))["status"] == "candidate"
    await house.set("assets.weights", '{"resolution": 0}')
    fact = await house.cache()
    assert fact.changed == ("poster",)
    assert await house.bytes_shown() == better
    assert [(await house.candidate(one))["status"] for one in (old, new)] == ["candidate", "chosen"]
    assert before is not None
    assert (await row(house.db, "cache_assets", before["id"]))["reference_count"] == 0


async def test_a_change_is_noted_in_the_films_history(house: House) -> None:
    await house.offer("poster", pictures.poster())
    await house.cache()
    asset = await house.shown()
    async with house.db.read() as conn:
        (noted,) = await conn.fetch("SELECT * FROM field_history WHERE entity_id = $1", house.movie)
    assert asset is not None
    assert (noted["field"], noted["old_value"], noted["new_value"]) == ("poster", None, asset["content_hash"])
    assert noted["source"] == "tmdb"


async def test_the_pictures_of_another_film_go_when_the_right_one_is_known(house: House) -> None:
    wrong = await house.offer("logo", pictures.clear_logo(), language="en", likes=20)
    await house.cache()
    async with house.db.read() as conn:
        await conn.execute("DELETE FROM asset_candidates WHERE id = $1", wrong)
    await house.offer("poster", pictures.poster())
    fact = await house.cache()
    assert set(fact.changed) == {"poster", "logo"}
    assert await house.shown("logo") is None


async def test_a_film_that_is_gone_ends_its_job(house: House) -> None:
    async with house.db.read() as conn:
        await conn.execute("UPDATE movies SET deleted_at = now()")
    with pytest.raises(Discard):
        await house.cache()
    with pytest.raises(Discard):
        await house.cache(999)
    with pytest.raises(Discard, match="series"):
        await house.run_job(house.handlers, CacheAssets(entity_type="series", entity_id=1))


async def test_when_nothing_can_be_had_the_film_says_so_and_stays_publishable(house: House) -> None:
    await house.offer("poster", None)
    await house.offer("poster", pictures.HTML)
    fact = await house.cache()
    assert fact.publishable
    assert fact.changed == ()
    complaint = await house.complaint()
    assert complaint is not None
    assert complaint.startswith("poster: 2 found, none could be had")


async def test_an_unidentified_film_gets_its_artwork_but_is_not_published(house: House) -> None:
    movie = await add_movie(house.db, house.library, f"{house.root}/x.mkv", status="unidentified")
    await house.offer("poster", pictures.poster(), entity_id=movie)
    fact = await house.cache(movie)
    assert (fact.changed, fact.publishable) == (("poster",), False)
