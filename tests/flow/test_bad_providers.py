"""Providers that refuse, stumble, say half a sentence or nothing at all: nothing is blanked, the film says so, the others go on."""

from collections.abc import Iterator
from typing import Any

import pytest

from metarr.http import HttpDoor
from metarr.http.door import JSON_LIMITS
from metarr.http.sending import Limits
from support import story_films as films
from support.provider_stand_in import HANGS, Reply, half_json, html, rate_limited, said
from support.story_house import House

pytestmark = pytest.mark.flow

FILM = "/3/movie/19"
BAD_DAYS = {
    "401": (said({"status_code": 7}, 401), "refuses the key"),
    "429": (rate_limited("3000"), "asks to wait"),
    "500": (said({}, 500), "trouble of its own"),
    "half a JSON": (half_json(), "cannot be read"),
    "404": (said({"status_code": 34}, 404), "knows no film with the id 19"),
    "silence": (HANGS, "did not answer within"),
}


@pytest.fixture(autouse=True)
def impatience() -> Iterator[None]:
    """Nobody waits twenty seconds in a test."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(
            HttpDoor.__init__.__kwdefaults__, "json_limits", Limits(seconds=0.5, max_bytes=JSON_LIMITS.max_bytes)
        )
        yield


async def test_a_film_that_was_described_before_loses_nothing_on_bad_days(house: House) -> None:
    films.put_film(house.root, films.TIDY)
    await house.scan()
    before, tree = _lasting(await house.film(films.TIDY)), house.tree()

    for day, (reply, words) in BAD_DAYS.items():
        house.provider.answer(FILM, reply)
        await house.ask("POST", f"/movies/{before['id']}/enrich")
        await house.settle()
        assert _lasting(await house.film(films.TIDY)) == before, day
        assert house.tree() == tree, day
        assert words in (await house.problems(films.TIDY))["enrich"], day

        house.provider.relent()
        await house.hurry()
        await house.ask("POST", f"/movies/{before['id']}/enrich")
        await house.settle()
        assert await house.problems(films.TIDY) == {}, day
    assert await house.jobs("failed") == []


async def test_on_a_bad_day_a_new_film_says_what_is_wrong_and_the_others_go_on(house: House) -> None:
    for (day, (reply, words)), tmdb_id in zip(BAD_DAYS.items(), (961, 653, 3085, 10098, 962, 643), strict=True):
        bad, good = f"Bad {tmdb_id} (1926) {{tmdb-{tmdb_id}}}", f"Good {tmdb_id} (1927) {{tmdb-19}}"
        house.provider.answer(f"/3/movie/{tmdb_id}", reply)
        films.put_film(house.root, bad)
        await house.scan()
        problem = (await house.problems(bad))["enrich"]
        assert words.replace("19", str(tmdb_id)) in problem or "left in peace" in problem, day
        film = await house.film(bad)
        assert (film["title"], film["year"], film["tmdb_id"]) == (f"Bad {tmdb_id}", 1926, tmdb_id), day

        house.provider.relent()
        await house.hurry()
        films.put_film(house.root, good)
        await house.scan()
        assert (await house.film(good))["identification_status"] == "enriched", day
        if (await house.film(bad))["identification_status"] != "enriched":
            await house.ask("POST", f"/movies/{film['id']}/enrich")
            await house.settle()
        assert (await house.film(bad))["identification_status"] == "enriched", day
        assert await house.problems(bad) == {}, day
    assert await house.jobs("failed") == []


def _lasting(film: dict[str, Any]) -> dict[str, Any]:
    """All that a bad day must not touch."""
    passing = {"problems", "updated_at", "last_enriched_at", "last_published_at", "sources", "origins"}
    return {name: value for name, value in film.items() if name not in passing}


async def test_a_short_pause_that_a_provider_asks_for_is_waited_out(house: House) -> None:
    described = said(house.provider.film(19))
    house.provider.answer(FILM, rate_limited("1"), described)
    films.put_film(house.root, films.TIDY)
    await house.scan()
    assert (await house.film(films.TIDY))["identification_status"] == "enriched"
    assert house.provider.paths().count(FILM) == 2


async def test_one_provider_down_does_not_keep_the_others_answers_away(house: House) -> None:
    house.provider.answer("/v3/movies/19", said({}, 500))
    house.provider.answer("/omdb", html(503))
    films.put_film(house.root, films.TIDY)
    await house.scan()
    film = await house.film(films.TIDY)
    assert (film["identification_status"], film["imdb_rating"]) == ("enriched", None)
    assert {"movie.nfo", "poster.jpg", "fanart.jpg"} <= house.names(films.TIDY)
    problem = (await house.problems(films.TIDY))["enrich"]
    assert "fanart.tv" in problem
    assert "OMDb" in problem


async def test_a_picture_that_cannot_be_had_is_not_waited_for_longer_than_is_reasonable(house: House) -> None:
    films.put_film(house.root, films.TIDY)
    for number in range(3):
        house.provider.answer(f"/t/p/original/poster-19-{number}.jpg", Reply(status=503))
    await house.scan()
    await house.hurry()
    await house.hurry()
    assert "poster.jpg" not in house.names(films.TIDY)
    assert {"movie.nfo", "fanart.jpg", "landscape.jpg"} <= house.names(films.TIDY)
    assert "poster" in (await house.problems(films.TIDY))["artwork"]

    house.provider.relent()
    film = await house.film(films.TIDY)
    house.clock.leap(48 * 3600)
    await house.ask("POST", f"/movies/{film['id']}/enrich")
    await house.settle()
    assert "poster.jpg" in house.names(films.TIDY)
    assert await house.problems(films.TIDY) == {}


async def test_without_any_key_local_nfo_and_artwork_are_imported_and_it_is_said_what_is_missing(
    house_without_keys: House,
) -> None:
    house = house_without_keys
    films.put_film(house.root, films.WITH_NFO)
    films.put(house.root, f"{films.WITH_NFO}/{films.WITH_NFO}.nfo", films.KODI_NFO)
    films.put(house.root, f"{films.WITH_NFO}/poster.jpg", films.OWN_POSTER)
    films.put_film(house.root, films.BY_NAME)
    await house.scan()

    general, nosferatu = await house.film(films.WITH_NFO), await house.film(films.BY_NAME)
    assert (general["title"], general["plot"]) == ("The General", "My grandfather's favourite.")
    assert [asset["asset_type"] for asset in general["assets"]] == ["poster"]
    assert "no provider has a key" in " ".join((await house.problems(films.WITH_NFO)).values()).lower()
    assert "<plot>My grandfather's favourite.</plot>" in house.text(f"{films.WITH_NFO}/movie.nfo")
    assert (house.root / films.WITH_NFO / "poster.jpg").read_bytes() == films.OWN_POSTER
    assert (nosferatu["title"], nosferatu["year"], nosferatu["identification_status"]) == (
        "Nosferatu",
        1922,
        "unidentified",
    )
    assert "no provider has a key" in (await house.problems(films.BY_NAME))["identify"].lower()
    assert house.names(films.BY_NAME) == {f"{films.BY_NAME}.mkv"}
    assert house.provider.asked == []
    assert await house.jobs("failed") == []
