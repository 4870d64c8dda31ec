"""Which of TMDB's texts to take: the first language of the library that has one, for each field on its own.

A film is asked for in the first language. For that language TMDB fills in the original title where nobody translated it, so
a title that equals the original one says nothing about its language. The appended translations fill what is left; TMDB
leaves a translated title empty when it is the original one.
"""

from collections.abc import Iterable, Sequence
from typing import Literal

from metarr_enricher.providers.tmdb_wire import Movie, Releases, Translation

_CERTIFYING = (3, 2, 1, 4, 5, 6)
"""Kinds of release, the one whose certification counts most first."""


def base_language(language: str) -> str:
    """`pt` for `pt-BR`."""
    return language.partition("-")[0].lower()


def title(movie: Movie, languages: Sequence[str]) -> str | None:
    """The title in the first language that has one, else whatever TMDB shows."""
    if movie.title and movie.title != movie.original_title:
        return movie.title
    for language in languages:
        found = _translated(movie, language, "title")
        if found is None and base_language(language) == movie.original_language:
            found = movie.original_title
        if found:
            return found
    return movie.title or movie.original_title or None


def overview(movie: Movie, languages: Sequence[str]) -> str | None:
    """The plot in the first language that has one."""
    return _first([movie.overview, *(_translated(movie, language, "overview") for language in languages)])


def tagline(movie: Movie, languages: Sequence[str]) -> str | None:
    """The tagline in the first language that has one."""
    return _first([movie.tagline, *(_translated(movie, language, "tagline") for language in languages)])


def certification(releases: Releases | None, countries: Sequence[str]) -> str | None:
    """The content rating of the first country that gave one; cinema before disc and TV."""
    by_country = {entry.iso_3166_1: entry.release_dates for entry in (releases.results if releases else ())}
    for country in countries:
        rated = {
            release.type: release.certification
            for release in reversed(by_country.get(country.upper(), ()))
            if release.certification
        }
        found = _first([rated.get(kind) for kind in _CERTIFYING] + list(rated.values()))
        if found:
            return found
    return None


def _translated(movie: Movie, language: str, field: Literal["title", "overview", "tagline"]) -> str | None:
    entries = movie.translations.translations if movie.translations else ()
    return _first(getattr(entry.data, field) for entry in _in_language(entries, language))


def _in_language(entries: Iterable[Translation], language: str) -> list[Translation]:
    """Translations into a language, those of the country that it names first."""
    base, _, country = language.partition("-")
    same = [entry for entry in entries if entry.iso_639_1 == base.lower()]
    return sorted(same, key=lambda entry: bool(country) and (entry.iso_3166_1 or "").upper() != country.upper())


def _first(texts: Iterable[str | None]) -> str | None:
    return next((text.strip() for text in texts if text and text.strip()), None)
