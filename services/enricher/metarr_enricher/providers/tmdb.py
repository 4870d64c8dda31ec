"""TMDB: searches, finds by IMDb id, and gives everything about a film in one call."""

import re

from metarr.domain.matching import Candidate
from metarr.http import HttpDoor
from metarr_enricher.protocol import MovieAnswer, Taste
from metarr_enricher.providers import tmdb_movie
from metarr_enricher.providers.line import SEARCH_FRESH_FOR, Errand, Line
from metarr_enricher.providers.tmdb_texts import base_language
from metarr_enricher.providers.tmdb_wire import FindResults, Found, Movie, SearchResults

NAME = "tmdb"
APPENDED = "credits,images,release_dates,external_ids,translations,alternative_titles"
POSTER_TO_RECOGNISE = "w342"

_TOKEN = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]+")
"""A v4 read access token is a JWT and goes into a header; a v3 key can only be a parameter."""


class Tmdb:
    """Implements SearchesMovies, FindsMovies and GivesMovies."""

    def __init__(
        self, door: HttpDoor, *, address: str, image_address: str, key: str, taste: Taste, errand: Errand
    ) -> None:
        token = bool(_TOKEN.fullmatch(key))
        self._line = Line(
            door,
            NAME,
            address,
            errand,
            secret_params={} if token else {"api_key": key},
            secret_headers={"authorization": f"Bearer {key}"} if token else {},
        )
        self._image_address = image_address
        self._taste = taste

    async def search_movies(self, title: str, year: int | None) -> tuple[Candidate, ...]:
        given = {"query": title, "language": self._language, "include_adult": "false"}
        if year:
            given["year"] = str(year)
        found = await self._line.ask("/search/movie", SearchResults, fresh_for=SEARCH_FRESH_FOR, **given)
        return tuple(self._candidate(entry) for entry in found.results) if found else ()

    async def find_movie(self, imdb_id: str) -> int | None:
        found = await self._line.ask(
            f"/find/{imdb_id}",
            FindResults,
            fresh_for=SEARCH_FRESH_FOR,
            external_source="imdb_id",
            language=self._language,
        )
        return found.movie_results[0].id if found and found.movie_results else None

    async def give_movie(self, tmdb_id: int) -> MovieAnswer | None:
        wanted = (*self._taste.languages, *self._taste.picture_languages)
        languages = dict.fromkeys([*map(base_language, wanted), "en", "null"])
        movie = await self._line.ask(
            f"/movie/{tmdb_id}",
            Movie,
            language=self._language,
            append_to_response=APPENDED,
            include_image_language=",".join(languages),
        )
        return tmdb_movie.answer(movie, self._taste, self._image_address) if movie else None

    @property
    def _language(self) -> str:
        return self._taste.languages[0] if self._taste.languages else "en"

    def _candidate(self, found: Found) -> Candidate:
        released = tmdb_movie.parse_date(found.release_date)
        poster = found.poster_path and tmdb_movie.image_url(self._image_address, found.poster_path, POSTER_TO_RECOGNISE)
        return Candidate(
            provider=NAME,
            title=found.title or found.original_title or "",
            original_title=found.original_title,
            year=released.year if released else None,
            popularity=found.popularity,
            tmdb_id=found.id,
            overview=found.overview or None,
            poster_url=poster or None,
        )
