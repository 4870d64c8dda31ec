"""Which film is it? A known id always wins; then IMDb's id by TMDB's cross reference; then title and year by a search."""

from collections.abc import Iterable, Mapping

import msgspec
from msgspec import Struct

from metarr.db.queries.movies import MovieRow
from metarr.domain.matching import Candidate, Verdict, Wanted, choose
from metarr.domain.movie import MovieMetadata
from metarr.domain.settings import Settings
from metarr_enricher.panel import Panel
from metarr_enricher.protocol import MovieIds

CLOSER_LOOKS = 3
"""Candidates whose other titles are asked for when no title of the search fits; the one taken is asked for anyway."""

NEAR_YEARS = 1
SHORTEST_FILM_MINUTES = 10
NO_KEY = "no provider has a key: enter one for TMDB, and the film is looked for and its metadata fetched"
NO_SEARCH = "TMDB, which finds films by their names, has no key or is switched off"


class Identity(Struct, frozen=True, kw_only=True):
    """What a film is known by; where something is open, `verdict` and `reason` say why."""

    ids: MovieIds
    verdict: Verdict | None = None
    reason: str = ""

    @property
    def found_by(self) -> str | None:
        """Why a search took this film, in words; None when its id was known before."""
        return self.verdict.reason if self.verdict and self.verdict.accepted else None

    @property
    def is_known(self) -> bool:
        return self.ids.tmdb_id is not None or self.ids.imdb_id is not None


def known_ids(film: MovieRow, described: MovieMetadata | None) -> MovieIds:
    """The ids a film has. When a person has pinned another TMDB id than TMDB last `described`, IMDb's old id goes with it."""
    tmdb_id, imdb_id = film.metadata.tmdb_id, film.metadata.imdb_id
    if described is not None and tmdb_id not in (None, described.tmdb_id) and imdb_id == described.imdb_id:
        imdb_id = None
    return MovieIds(tmdb_id=tmdb_id, imdb_id=imdb_id)


async def identify(film: MovieRow, ids: MovieIds, panel: Panel, settings: Settings) -> Identity:
    """Find the ids of a film beyond those it has. Raises as the providers do."""
    imdb_id = ids.imdb_id
    if ids.tmdb_id is not None:
        return Identity(ids=ids)
    if imdb_id is not None:
        found = await panel.finds.find_movie(imdb_id) if panel.finds else None
        unknown = f"TMDB knows no film with the IMDb id {imdb_id}" if panel.finds and found is None else ""
        return Identity(ids=MovieIds(tmdb_id=found, imdb_id=imdb_id), reason=unknown)
    if panel.searches is None:
        return Identity(ids=MovieIds(), reason=NO_KEY if panel.is_empty else NO_SEARCH)
    verdict = await find_match(wanted(film), panel, settings)
    taken = verdict.accepted.candidate if verdict.accepted else None
    return Identity(ids=MovieIds(tmdb_id=taken.tmdb_id if taken else None), verdict=verdict, reason=verdict.reason)


def wanted(film: MovieRow, title: str | None = None, year: int | None = None) -> Wanted:
    """What to look for; another title or year than the row's may be given."""
    known = film.metadata
    return Wanted(
        title=title or known.title or "",
        original_title=None if title else known.original_title,
        year=year or (None if title else known.year),
        runtime=_minutes(film.duration_seconds),
    )


def _minutes(seconds: int | None) -> int | None:
    """The length of a file where it can be that of a film; a fragment says nothing about the film."""
    minutes = round((seconds or 0) / 60)
    return minutes if minutes >= SHORTEST_FILM_MINUTES else None


async def find_match(sought: Wanted, panel: Panel, settings: Settings) -> Verdict:
    """Search, from the narrowest question to the widest, until one candidate is sure enough.

    What is taken for less than an equal title and year is looked at closely first: its runtime may speak against it.
    """
    candidates: dict[int | None, Candidate] = {}
    verdict = _decide(sought, candidates, settings)
    for title, year in _questions(sought):
        for found in await panel.searches.search_movies(title, year) if panel.searches else ():
            candidates.setdefault(found.tmdb_id, found)
        verdict = _decide(sought, candidates, settings)
        if verdict.accepted and not verdict.accepted.exact:
            await _look_closely(candidates, [verdict.accepted.candidate], panel)
            verdict = _decide(sought, candidates, settings)
        if verdict.accepted or _is_hopeless(verdict):
            return verdict
    near = [known for known in candidates.values() if _is_near(sought.year, known.year)]
    await _look_closely(candidates, near[:CLOSER_LOOKS], panel)
    return _decide(sought, candidates, settings)


def _questions(sought: Wanted) -> list[tuple[str, int | None]]:
    titles = dict.fromkeys(title for title in (sought.title, sought.original_title) if title)
    with_year = [(title, sought.year) for title in titles]
    without: list[tuple[str, int | None]] = [(title, None) for title in titles]
    return list(dict.fromkeys(with_year + without))


def _decide(sought: Wanted, candidates: Mapping[int | None, Candidate], settings: Settings) -> Verdict:
    return choose(sought, candidates.values(), min_confidence=settings.min_confidence, min_margin=settings.min_margin)


def _is_hopeless(verdict: Verdict) -> bool:
    """Two films of the same title and year: no further question can tell them apart."""
    return sum(match.exact for match in verdict.matches) > 1


async def _look_closely(candidates: dict[int | None, Candidate], chosen: Iterable[Candidate], panel: Panel) -> None:
    """Learn all titles and the runtime of some candidates; enrichment asks the same question later, for no further call."""
    for candidate in chosen:
        if candidate.tmdb_id is None or panel.movies is None:
            continue
        answer = await panel.movies.give_movie(candidate.tmdb_id)
        if answer is not None:
            candidates[candidate.tmdb_id] = msgspec.structs.replace(
                candidate, alternative_titles=answer.titles, runtime=answer.metadata.runtime
            )


def _is_near(sought: int | None, offered: int | None) -> bool:
    return sought is None or (offered is not None and abs(sought - offered) <= NEAR_YEARS)
