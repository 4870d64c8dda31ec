"""From a provider's words to ours: languages, countries, people, pictures, and what is missing."""

from typing import Any

import msgspec
import pytest

from metarr.http import Call, HttpDoor
from metarr_enricher.protocol import MovieAnswer, Taste
from metarr_enricher.providers import fanart_tv, omdb, tmdb_movie
from metarr_enricher.providers.line import Errand
from metarr_enricher.providers.tmdb import Tmdb
from metarr_enricher.providers.tmdb_movie import MOST_PICTURES
from metarr_enricher.providers.tmdb_wire import Movie
from support.film_documents import fanart_film, image, omdb_film, tmdb_film

DEFAULT = Taste()
BARE = {"id": 5, "title": "Bare", "release_date": "", "runtime": 0, "vote_average": 0.0, "vote_count": 0, "tagline": ""}


def understood(taste: Taste = DEFAULT, **more: Any) -> MovieAnswer:
    film = msgspec.convert(tmdb_film(**more), type=Movie, strict=False)
    return tmdb_movie.answer(film, taste, "https://img/t/p/")


def test_what_tmdb_does_not_know_is_not_said():
    metadata = tmdb_movie.answer(msgspec.convert(BARE, type=Movie), Taste(), "https://img").metadata
    said = {field for field in metadata.__struct_fields__ if getattr(metadata, field) is not None}
    assert said == {"title", "tmdb_id"}


@pytest.mark.parametrize(
    ("languages", "title", "plot"),
    [
        (("en",), "The Quiet Harbour", "A pilot comes home."),
        (("en", "de"), "The Quiet Harbour", "A pilot comes home."),
    ],
)
def test_the_answer_in_the_first_language_is_taken_as_it_is(languages, title, plot):
    metadata = understood(Taste(languages=languages)).metadata
    assert (metadata.title, metadata.plot) == (title, plot)


@pytest.mark.parametrize(
    ("languages", "title", "plot"),
    [
        (("fr",), "Le Port calme", None),
        (("sv", "fr"), "Le Port calme", None),
        (("sv", "de"), "Der stille Hafen", "Ein Lotse kehrt heim."),
        (("sv",), "Der stille Hafen", None),
        (("de-DE",), "Der stille Hafen", "Ein Lotse kehrt heim."),
    ],
)
def test_an_untranslated_film_takes_each_text_from_the_first_language_that_has_it(languages, title, plot):
    metadata = understood(Taste(languages=languages), title="Der stille Hafen", overview="").metadata
    assert (metadata.title, metadata.plot) == (title, plot)


@pytest.mark.parametrize(
    ("countries", "rating"),
    [(("US",), "PG-13"), (("DE", "US"), "12"), (("FR", "DE"), "12"), (("JP",), None), (("us",), "PG-13")],
)
def test_the_first_country_that_rated_a_film_gives_the_content_rating(countries, rating):
    assert understood(Taste(countries=countries)).metadata.content_rating == rating


def test_the_rating_for_cinemas_counts_before_those_for_disc_and_tv():
    releases = [
        {"certification": "TV-14", "type": 6},
        {"certification": "NC-17", "type": 5},
        {"certification": "R", "type": 3},
    ]
    answer = understood(release_dates={"results": [{"iso_3166_1": "US", "release_dates": releases}]})
    assert answer.metadata.content_rating == "R"


def test_the_cast_is_in_billing_order_and_as_long_as_wanted():
    assert [actor.name for actor in understood(Taste(max_actors=1)).metadata.actors or ()] == ["Anna Lind"]


def test_people_without_a_name_and_pictures_without_an_address_are_passed_over():
    people = {"cast": [{"order": 0}, {"name": "Anna Lind"}], "crew": [{"job": "Director"}]}
    answer = understood(
        credits=people, images={"posters": [{"width": 2000}], "logos": [image("/logo.png", 400, 155, "en")]}
    )
    assert [actor.name for actor in answer.metadata.actors or ()] == ["Anna Lind"]
    assert answer.metadata.crew is None
    assert [artwork.asset_type for artwork in answer.artwork if artwork.of == "movie"] == ["logo"]


def test_only_the_jobs_that_count_make_a_crew():
    crew = understood().metadata.crew or ()
    assert {(person.name, person.role) for person in crew} == {
        ("Dora Weiss", "director"),
        ("Carl Ohm", "writer"),
        ("Frida Noth", "composer"),
    }


def test_a_famous_film_offers_its_best_pictures_of_each_language():
    posters = [
        image(f"/{language}{n}.jpg", 2000, 3000, language, n / 10) for language in ("en", "de") for n in range(100)
    ]
    kept = understood(images={"posters": posters}).artwork
    of_film = [picture for picture in kept if picture.of == "movie"]
    assert len(of_film) == 2 * MOST_PICTURES
    assert min(picture.vote_average or 0 for picture in of_film) == (100 - MOST_PICTURES) / 10


def test_all_names_of_a_film_are_known():
    assert understood().titles == ("The Quiet Harbour", "Der stille Hafen", "Harbour of Silence", "Le Port calme")


def test_fanart_tv_speaks_in_texts():
    pictures = {
        picture.url: picture for picture in fanart_tv.artwork(msgspec.convert(fanart_film(), type=fanart_tv.MovieArt))
    }
    assert len(pictures) == 8
    assert (pictures["https://art/poster.jpg"].width, pictures["https://art/poster.jpg"].likes) == (1000, 7)
    assert pictures["https://art/back.jpg"].language is None
    assert pictures["https://art/small-logo.png"].likes is None
    assert pictures["https://art/disc.png"].asset_type == "discart"


def test_an_error_of_fanart_tv_offers_nothing():
    assert (
        fanart_tv.artwork(msgspec.convert({"status": "error", "error message": "Not found"}, type=fanart_tv.MovieArt))
        == ()
    )


def test_omdb_says_what_it_does_not_know():
    unknown = {
        "imdbRating": "N/A",
        "imdbVotes": "N/A",
        "Plot": "N/A",
        "Rated": "N/A",
        "imdbID": "tt1",
        "Response": "True",
    }
    said = omdb.ratings(msgspec.convert(unknown, type=omdb.Title), Taste())
    assert (said.imdb_rating, said.imdb_votes, said.outline, said.content_rating) == (None, None, None, None)


def test_omdb_writes_for_english_readers_and_american_viewers():
    title = msgspec.convert(omdb_film(), type=omdb.Title)
    german = omdb.ratings(title, Taste(languages=("de", "en"), countries=("DE",)))
    assert (german.imdb_rating, german.imdb_votes, german.outline, german.content_rating) == (7.1, 12345, None, None)


class Listening(HttpDoor):
    """A door that only notes what it is asked."""

    def __init__(self) -> None:
        self.calls: list[Call] = []

    async def get_json(self, call, answer, **how):
        self.calls.append(call)
        return


@pytest.mark.parametrize(
    ("key", "params", "headers"),
    [
        ("0123456789abcdef", {"api_key": "0123456789abcdef"}, {}),
        ("eyJhbGciOiJI.eyJhdWQiOi.x_Y-z", {}, {"authorization": "Bearer eyJhbGciOiJI.eyJhdWQiOi.x_Y-z"}),
    ],
)
async def test_a_key_of_tmdb_goes_where_its_kind_belongs(key, params, headers):
    door = Listening()
    film_base = Tmdb(
        door, address="https://api/3/", image_address="https://img", key=key, taste=Taste(), errand=Errand()
    )
    assert await film_base.give_movie(5) is None
    assert (door.calls[0].url, door.calls[0].secret_params, door.calls[0].secret_headers) == (
        "https://api/3/movie/5",
        params,
        headers,
    )
    assert key not in door.calls[0].question
