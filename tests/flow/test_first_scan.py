"""A library as people have it is scanned for the first time."""

import pytest

from metarr.formats.nfo import read_nfo
from support import story_films as films
from support.story_house import House

pytestmark = pytest.mark.flow

BESIDE_A_FILM = {
    "movie.nfo",
    "poster.jpg",
    "fanart.jpg",
    "clearlogo.png",
    "clearart.png",
    "banner.jpg",
    "landscape.jpg",
    "discart.png",
}
"""CONTRACT.md, "What lies in a library afterwards"."""

IN_A_FOLDER_OF_ITS_OWN = {
    films.TIDY: ("Metropolis", 19),
    films.BY_NAME: ("Nosferatu", 653),
    films.WITH_NFO: ("The General", 961),
    films.RELEASE: ("His Girl Friday", 3085),
    films.SIEGFRIED: ("Die Nibelungen: Siegfried", 7457),
    films.REVENGE: ("Die Nibelungen: Kriemhild's Revenge", 7458),
    films.DISC: ("Safety Last!", 22596),
    films.NUMBER: ("1917", 530915),
    films.NON_ASCII: ("Häxan", 57283),
    films.PARTS: ("Intolerance", 3059),
    films.WITH_BROKEN_NFO: ("Battleship Potemkin", 643),
    films.TRUNCATED: ("The Phantom of the Opera", 964),
}
IN_ONE_FOLDER = {films.KID: ("The Kid", 10098), films.GOLD_RUSH: ("The Gold Rush", 962)}
FOR_A_PERSON = {films.TWINS: "The Lighthouse Keeper", films.UNKNOWN: "Our Summer at the Lake"}


async def test_every_film_is_told_apart_identified_described_and_published_beside_its_video(house: House) -> None:
    films.put_all(house.root)

    await house.scan()

    await _all_are_identified(house)
    await _what_is_unsure_waits_for_a_person(house)
    await _what_is_broken_is_said_in_words(house)
    await _what_people_made_counts(house)
    _everything_stands_beside_its_film(house)
    assert await house.jobs("failed", "cancelled", "pending", "running") == []
    assert len(house.provider.downloads) == len(set(house.provider.downloads))


async def _all_are_identified(house: House) -> None:
    wanted = IN_A_FOLDER_OF_ITS_OWN | IN_ONE_FOLDER
    found = {place: await house.film(place) for place in (*wanted, *FOR_A_PERSON)}
    assert {place: (found[place]["title"], found[place]["tmdb_id"]) for place in wanted} == wanted
    assert {place: found[place]["title"] for place in FOR_A_PERSON} == FOR_A_PERSON
    assert {found[place]["identification_status"] for place in wanted} == {"enriched"}
    assert len(await house.movies()) == len(found)
    assert found[films.SIEGFRIED]["collections"][0]["name"] == "Die Nibelungen Collection"
    assert [video["codec"] for video in found[films.DISC]["streams"]["video"]] == ["mpeg2video"]
    assert found[films.NUMBER]["streams"]["subtitles"][0]["language"] == "eng"


async def _what_is_unsure_waits_for_a_person(house: House) -> None:
    twins, unknown = await house.film(films.TWINS), await house.film(films.UNKNOWN)
    assert {twins["identification_status"], unknown["identification_status"]} == {"unidentified"}
    (problem,) = twins["problems"]
    assert problem["area"] == "identify"
    assert [one["tmdb_id"] for one in problem["detail"]["candidates"]] == [910001, 910002]
    assert "No film was found" in (await house.problems(films.UNKNOWN))["identify"]
    assert house.names(films.TWINS) == {f"{films.TWINS}.mkv"}
    assert house.names(films.UNKNOWN) == {f"{films.UNKNOWN}.mkv"}


async def _what_is_broken_is_said_in_words(house: House) -> None:
    assert "cut off" in (await house.problems(films.TRUNCATED))["scan"]
    assert "movie.nfo: the NFO is cut off or broken" in (await house.problems(films.WITH_BROKEN_NFO))["scan"]
    troubled = {film["title"] for film in await house.movies() if film["problem_count"]}
    assert troubled == {"The Phantom of the Opera", "Battleship Potemkin", *FOR_A_PERSON.values()}


async def _what_people_made_counts(house: House) -> None:
    general = await house.film(films.WITH_NFO)
    assert (general["plot"], general["imdb_id"]) == ("My grandfather's favourite.", "tt0017925")
    nfo = house.text(f"{films.WITH_NFO}/movie.nfo")
    assert "<tag>grandfather's list</tag>" in nfo
    assert "<userrating>9</userrating>" in nfo
    assert (house.root / films.WITH_NFO / ".actors" / "Buster_Keaton.jpg").read_bytes() == films.OWN_PORTRAIT
    assert house.text(f"{films.WITH_NFO}/{films.WITH_NFO}.nfo") == films.KODI_NFO


def _everything_stands_beside_its_film(house: House) -> None:
    for place, (title, tmdb_id) in IN_A_FOLDER_OF_ITS_OWN.items():
        lacks = {"clearlogo.png"} if place == films.NON_ASCII else set()
        assert BESIDE_A_FILM - house.names(place) == lacks
        nfo = read_nfo((house.root / place / "movie.nfo").read_bytes())
        assert (nfo.metadata.title, nfo.metadata.tmdb_id) == (title, tmdb_id)
    shared = house.names(films.SHARED)
    assert {"The Kid (1921).nfo", "The Kid (1921)-poster.jpg", "The Gold Rush (1925)-clearlogo.png"} <= shared
    assert not shared & BESIDE_A_FILM
    assert ".actors/Charlie_Chaplin.jpg" in shared
