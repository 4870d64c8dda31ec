"""A person edits a film while the machine is at work on it: the edit is never lost."""

import asyncio

import pytest

from support import story_films as films
from support.provider_stand_in import Reply, said
from support.story_house import House
from support.story_provider import draw
from support.waiting import eventually

pytestmark = pytest.mark.flow


async def test_an_edit_made_while_a_provider_is_thinking_survives_its_answer(house: House) -> None:
    films.put_film(house.root, films.TIDY)
    release = asyncio.Event()
    house.provider.answer("/3/movie/19", said(house.provider.film(19) | {"tagline": "From TMDB."}, once=release))
    house.library = await house.add_library()
    await house.ask("POST", f"/libraries/{house.library}/scan")
    await eventually(lambda: "/3/movie/19" in house.provider.paths(), what="TMDB to be asked")
    film = await house.film(films.TIDY)

    await house.ask("PATCH", f"/movies/{film['id']}", json={"title": "My Metropolis", "plot": "Towers."})
    release.set()
    await house.settle()

    now = await house.film(films.TIDY)
    assert (now["title"], now["plot"], now["locks"]) == ("My Metropolis", "Towers.", ["title", "plot"])
    assert (now["tagline"], now["identification_status"]) == ("From TMDB.", "enriched")
    nfo = house.text(f"{films.TIDY}/movie.nfo")
    assert "<title>My Metropolis</title>" in nfo
    assert "<plot>Towers.</plot>" in nfo
    assert "<tagline>From TMDB.</tagline>" in nfo
    assert [entry["source"] for entry in await _history(house, film["id"], "title")] == ["user"]


async def test_an_edit_outlives_every_later_scan_refresh_and_import(house: House) -> None:
    video = films.put_film(house.root, films.WITH_NFO)
    await house.scan()
    film = await house.film(films.WITH_NFO)
    await house.ask("PATCH", f"/movies/{film['id']}", json={"plot": "Mine.", "genres": ["Trains"], "year": 1927})
    await house.settle()

    await house.ask("POST", f"/movies/{film['id']}/enrich")
    await house.settle()
    films.put(house.root, f"{films.WITH_NFO}/movie.nfo", films.KODI_NFO)
    await house.scan(full=True)
    video.rename(video.with_name("The.General.1926.1080p.mkv"))
    await house.scan()

    now = await house.film(films.WITH_NFO)
    assert (now["plot"], now["genres"], now["year"]) == ("Mine.", ["Trains"], 1927)
    assert set(now["locks"]) == {"plot", "genres", "year"}
    assert "<plot>Mine.</plot>" in house.text(f"{films.WITH_NFO}/movie.nfo")


async def test_an_nfo_that_a_person_edits_by_hand_is_heard(house: House) -> None:
    films.put_film(house.root, films.TIDY)
    await house.scan()
    nfo = house.root / films.TIDY / "movie.nfo"

    nfo.write_text(nfo.read_text().replace("Between head and hands there must be a heart.", "Written by hand."))
    await house.scan(full=True)

    assert (await house.film(films.TIDY))["tagline"] == "Written by hand."
    assert "<tagline>Written by hand.</tagline>" in nfo.read_text()
    (said,) = await house.fetch("SELECT answer FROM metadata_answers WHERE source = 'nfo'")
    assert said["answer"] == {"tagline": "Written by hand."}


async def test_a_picture_that_a_person_chooses_while_others_are_fetched_stays(house: House) -> None:
    films.put_film(house.root, films.TIDY)
    await house.scan()
    film = await house.film(films.TIDY)
    release = asyncio.Event()
    better = "/t/p/original/poster-19-9.jpg"
    described = house.provider.film(19)
    described["images"]["posters"] = [
        described["images"]["posters"][0] | {"file_path": "/poster-19-9.jpg", "vote_average": 9.9, "vote_count": 5000}
    ]
    house.provider.answer("/3/movie/19", said(described))
    house.provider.answer(better, Reply(body=draw("poster", "better"), once=release))
    await house.ask("POST", f"/movies/{film['id']}/enrich")
    await eventually(lambda: better in house.provider.paths(), what="the better poster to be fetched")

    mine = draw("poster", "mine")
    await house.ask("PUT", f"/movies/{film['id']}/assets/poster", files={"file": ("mine.jpg", mine, "image/jpeg")})
    release.set()
    await house.settle()

    assert (house.root / films.TIDY / "poster.jpg").read_bytes() == mine
    assert (await house.film(films.TIDY))["locks"] == ["poster"]


async def _history(house: House, film: int, field: str) -> list[dict[str, object]]:
    page = await house.ask("GET", f"/movies/{film}/history")
    return [entry for entry in page["items"] if entry["field"] == field]
