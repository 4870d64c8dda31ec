"""NFO files as Kodi, Jellyfin, Emby, tinyMediaManager, MediaElch and the *arr write them, and hostile ones."""

import json
import os
import re
import time
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import msgspec
import pytest

from metarr.domain.movie import MovieMetadata
from metarr.errors import NfoUnreadable
from metarr.formats.nfo import MovieNfo, NfoReading, read_nfo, write_movie_nfo

pytestmark = pytest.mark.recorded

FOLDER = Path(os.environ.get("METARR_FIXTURES") or Path(__file__).parents[3] / "shared" / "fixtures") / "nfo"
MODELLED = frozenset(
    [
        "title",
        "originaltitle",
        "sorttitle",
        "sortname",
        "ratings",
        "rating",
        "votes",
        "communityrating",
        "outline",
        "plot",
        "tagline",
        "runtime",
        "mpaa",
        "uniqueid",
        "id",
        "tmdbid",
        "imdbid",
        "imdb",
        "tmdb",
        "ids",
        "genre",
        "genres",
        "country",
        "set",
        "sets",
        "credits",
        "writer",
        "director",
        "premiered",
        "releasedate",
        "year",
        "studio",
        "actor",
        "thumb",
        "fanart",
        "art",
    ]
)
"""What Metarr writes itself or merges, and the pictures, which lie beside the film."""


def _load(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


HOSTILE = {case["file"]: case for case in _load(FOLDER / "hostile" / "expected.json").get("cases", ())}
EXPECTED: dict[str, Any] = _load(FOLDER / "expected.json").get("files", {})
DESERVE_AN_ERROR = frozenset(
    name
    for name, case in HOSTILE.items()
    if case["expect"]["outcome"] in ("rejected_without_crash", "no_external_access_no_expansion")
)
FRIENDLY = sorted(
    str(path.relative_to(FOLDER))
    for path in FOLDER.rglob("*.nfo")
    if not (path.parent.name == "hostile" and path.name in DESERVE_AN_ERROR)
)
FILMS = [
    name for name, file in EXPECTED.items() if any(root.get("root") == "movie" for root in file.get("documents", ()))
]

if not FOLDER.is_dir():
    pytest.skip("the fixtures folder is not here", allow_module_level=True)


@pytest.mark.parametrize("name", FRIENDLY)
def test_a_file_that_deserves_no_error_is_read_without_one(name: str) -> None:
    reading = read_nfo((FOLDER / name).read_bytes())

    assert reading.root is not None or reading.ids


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_a_hostile_file_gives_what_it_deserves(name: str) -> None:
    expect, data = HOSTILE[name]["expect"], (FOLDER / "hostile" / name).read_bytes()
    started = time.perf_counter()
    if name in DESERVE_AN_ERROR:
        with pytest.raises(NfoUnreadable):
            read_nfo(data)
    elif expect["outcome"] != "rejected_or_parsed":
        _assert_states(read_nfo(data), expect)
    assert time.perf_counter() - started < HOSTILE[name].get("max_seconds", 1)


def _assert_states(reading: NfoReading, expect: dict[str, Any]) -> None:
    film = reading.metadata
    facts: dict[str, Any] = {
        "ids": reading.ids,
        "title": reading.title,
        "imdb": reading.ids.get("imdb"),
        "tmdb": reading.ids.get("tmdb"),
        "year": film.year,
        "rating": film.tmdb_rating,
        "votes": film.tmdb_votes,
        "runtime": film.runtime,
        "set": film.collection.name if film.collection else None,
        "genres": list(film.genres or ()),
    }
    stated = {key: value for key, value in expect.items() if key in facts}
    assert {key: facts[key] for key in stated} == stated


@pytest.mark.parametrize("name", FILMS)
def test_the_facts_of_a_film_agree_with_an_independent_reading(name: str) -> None:
    stated = EXPECTED[name]["documents"][0]
    film = read_nfo((FOLDER / name).read_bytes()).metadata

    assert film.title == stated.get("title")
    assert film.original_title == stated.get("originaltitle")
    assert film.sort_title == stated.get("sorttitle")
    assert film.tagline == stated.get("tagline")
    assert film.content_rating == stated.get("mpaa")
    assert film.year == (int(stated["year"]) if "year" in stated else None)
    assert film.runtime == (int(stated["runtime"]) if "runtime" in stated else None)
    assert (film.collection is not None) >= ("set" in stated)
    assert film.collection is None or film.collection.name == stated.get("set", film.collection.name)
    assert list(film.studios or ()) == stated.get("studios", [])
    assert not stated.get("genres") or list(film.genres or ()) == stated["genres"]
    assert len(film.actors or ()) == stated.get("actor_count", 0)
    assert _of_crew(film, "director") == _one_line(stated.get("directors", []))
    assert _of_crew(film, "writer") == _one_line(stated.get("creditss", []))
    assert _ids_of(stated).items() <= {("imdb", film.imdb_id), ("tmdb", str(film.tmdb_id))}
    assert not stated.get("rating_flat") or film.tmdb_rating == float(stated["rating_flat"])
    for rating in stated.get("ratings", ()):
        ours = {"imdb": film.imdb_rating, "themoviedb": film.tmdb_rating}.get(rating["name"])
        assert ours in (None, float(rating["value"]))


def _of_crew(film: MovieMetadata, role: str) -> list[str]:
    return [credit.name for credit in film.crew or () if credit.role == role]


def _one_line(names: list[str]) -> list[str]:
    return [re.sub(r"\s+", " ", name) for name in names]


def _ids_of(stated: dict[str, Any]) -> dict[str, str]:
    found = {entry["type"].lower(): entry["value"] for entry in stated.get("uniqueids", ()) if entry.get("type")}
    return {provider: value for provider, value in found.items() if provider in ("imdb", "tmdb")}


@pytest.mark.parametrize("name", FILMS)
def test_a_film_survives_reading_and_writing(name: str) -> None:
    data = (FOLDER / name).read_bytes()
    reading = read_nfo(data)

    written = write_movie_nfo(MovieNfo(metadata=reading.metadata), data)
    again = read_nfo(written)

    assert _writable(again.metadata) == _writable(reading.metadata)
    assert again.ids.items() >= {key: value for key, value in reading.ids.items() if key in ("tmdb", "imdb")}.items()
    assert not again.warnings
    assert write_movie_nfo(MovieNfo(metadata=reading.metadata), written) == written


@pytest.mark.parametrize("name", FILMS)
def test_what_metarr_does_not_know_survives_in_its_order(name: str) -> None:
    data = (FOLDER / name).read_bytes()

    written = write_movie_nfo(MovieNfo(metadata=read_nfo(data).metadata), data)

    for tag, before in _foreign(ElementTree.fromstring(data.strip(b"\xef\xbb\xbf \r\n"))).items():
        assert _foreign(ElementTree.fromstring(written))[tag] == before


def _foreign(root: ElementTree.Element) -> dict[str, list[str]]:
    """The words of each element that Metarr has no field for, by tag; the empty ones and pictures left out."""
    found: dict[str, list[str]] = {}
    for element in root:
        texts = (
            [] if element.tag.lower() in MODELLED else [_words(part) for part in element.iter() if part.tag != "thumb"]
        )
        if any(texts):
            found.setdefault(element.tag, []).append(" ".join(filter(None, texts)))
    return found


def _words(element: ElementTree.Element) -> str:
    return " ".join((element.text or "").split())


def _writable(film: MovieMetadata) -> MovieMetadata:
    """The film as an NFO can hold it: addresses of portraits are read and never written."""
    actors = tuple(msgspec.structs.replace(actor, thumb_url=None) for actor in film.actors or ())
    return msgspec.structs.replace(film, actors=actors or None)
