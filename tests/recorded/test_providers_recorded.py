"""Every recorded answer of the film providers is understood."""

import json
import os
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pytest

from metarr.domain.movie import ASSET_SLOTS
from metarr_enricher.protocol import MovieAnswer, Taste
from metarr_enricher.providers import fanart_tv, omdb, tmdb_movie
from metarr_enricher.providers.tmdb_wire import Credits, FindResults, Images, Movie, Releases, SearchResults

pytestmark = pytest.mark.recorded

FOLDER = Path(os.environ.get("METARR_FIXTURES", Path(__file__).parents[3] / "shared" / "fixtures")) / "providers"
PARTS = {"images": Images, "credits": Credits, "release_dates": Releases}


def recorded(folder: str) -> list[Any]:
    return [pytest.param(path, id=path.name) for path in sorted((FOLDER / folder).glob("*.json"))] or [
        pytest.param(None, marks=pytest.mark.skip(reason="no recorded answers here"))
    ]


def exchange(path: Path) -> tuple[list[str], int, bytes]:
    """Path segments of the question, status, body."""
    told = json.loads(path.read_text(encoding="utf-8"))
    steps = urlsplit(told["request"]["url"]).path.strip("/").split("/")
    return steps, told["response"]["status"], json.dumps(told["response"].get("json")).encode()


def decode[T](body: bytes, answer: type[T]) -> T:
    """As the door does."""
    return msgspec.json.decode(body, type=answer, strict=False)


@pytest.mark.parametrize("path", recorded("tmdb"))
def test_tmdb(path):
    steps, status, body = exchange(path)
    match steps:
        case _ if status != 200:
            assert status in {401, 404, 429}
        case ["3", "movie", number] if number.isdigit():
            check_film(tmdb_movie.answer(decode(body, Movie), Taste(), "https://img"), int(number))
        case ["3", "movie", number, part] if number.isdigit() and part in PARTS:
            assert decode(body, PARTS[part]) != PARTS[part]()
        case ["3", "search", "movie"]:
            found = decode(body, SearchResults).results
            assert all(
                entry.title and (entry.release_date in ("", None) or tmdb_movie.parse_date(entry.release_date))
                for entry in found
            )
        case ["3", "find", _]:
            assert len(decode(body, FindResults).movie_results) == len(json.loads(body)["movie_results"])
        case _:
            assert json.loads(body) is not None


def check_film(answer: MovieAnswer, tmdb_id: int) -> None:
    metadata = answer.metadata
    assert metadata.tmdb_id == tmdb_id
    assert metadata.title in answer.titles
    assert metadata.release_date is None or metadata.release_date > date(1880, 1, 1)
    assert metadata.imdb_id is None or metadata.imdb_id.startswith("tt")
    assert all(
        picture.asset_type in ASSET_SLOTS and picture.url.startswith("https://img/") for picture in answer.artwork
    )


@pytest.mark.parametrize("path", recorded("fanarttv"))
def test_fanart_tv(path):
    steps, status, body = exchange(path)
    pictures = fanart_tv.artwork(decode(body, fanart_tv.MovieArt))
    offered = sum(len(json.loads(body).get(kind, [])) for kind in fanart_tv.KINDS)
    assert (status, len(pictures)) == (200, offered)
    assert offered or "movies" not in steps
    assert all(picture.width and picture.height and picture.language != "00" for picture in pictures)


@pytest.mark.parametrize("path", recorded("omdb"))
def test_omdb(path):
    _, status, body = exchange(path)
    title = decode(body, omdb.Title)
    assert status == 200
    told = json.loads(body)
    if title.Response == "True" and "imdbID" in told:
        ratings = omdb.ratings(title, Taste())
        assert (ratings.imdb_id, ratings.imdb_rating) == (told["imdbID"], float(told["imdbRating"]))
        assert ratings.imdb_votes == int(told["imdbVotes"].replace(",", ""))


@pytest.mark.parametrize("path", recorded("errors"))
def test_errors_are_json_that_says_nothing_about_a_film(path):
    steps, status, body = exchange(path)
    assert status >= 400 or steps
    if "themoviedb" in path.name or path.name.startswith("tmdb"):
        with pytest.raises(msgspec.ValidationError):
            decode(body, Movie)
