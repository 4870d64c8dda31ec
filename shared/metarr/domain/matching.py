"""Which of the films that a provider offers is the one on the disk? A score that explains itself, and when to trust it.

How a score comes about: the title decides and the year judges it.

- Title: 1 when any title of the film (own, original, alternative) equals any title that is looked for, compared without
  case, accents and punctuation and with Roman numerals read as numbers. Otherwise the likeness of words or letters,
  whichever is greater, but never above INEXACT_CEILING, so that an equal title always leads by more than the margin. A
  title that only lacks its article reaches that ceiling; one that is the beginning of the other (two words or more, the
  rest a subtitle) counts TITLE_AND_SUBTITLE. Titles with different numbers are different films of a series, however alike.
- Year: the title's points are multiplied by how well the years agree; release years differ by one between countries.
- Runtime, where both are known: a little more when it agrees, clearly less when it does not.
- Popularity never gives a point; it only orders candidates that have the same score.

The best is taken when it reaches the confidence asked for and leads the second by the margin asked for. One single film with
an equal title and the equal year is taken in any case; of two such films none is, whatever else speaks for one of them.
(Thresholds: BEHAVIOUR.md 2.1.)
"""

from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher
from functools import lru_cache

from msgspec import Struct

from metarr.domain.naming import display_title, normalise_title

INEXACT_CEILING = 0.94
TITLE_AND_SUBTITLE = 0.88
DIFFERENT_NUMBERS = 0.60

SAME_YEAR = 1.0
YEAR_OFF_BY_ONE = 0.90
YEAR_UNKNOWN = 0.88
YEAR_OFF_BY_TWO = 0.70
OTHER_YEAR = 0.50

RUNTIME_AGREES = 0.02
RUNTIME_DIFFERS = -0.10
RUNTIME_TOLERANCE_MINUTES = 5
RUNTIME_FAR_OFF_MINUTES = 15
RUNTIME_FAR_OFF_SHARE = 0.25

_ARTICLES = frozenset({"a", "an", "the", "der", "die", "das", "le", "la", "les", "el", "los", "las", "il", "lo"})


class Wanted(Struct, frozen=True, kw_only=True):
    """What is known of the film on the disk; `runtime` in minutes."""

    title: str
    original_title: str | None = None
    year: int | None = None
    runtime: int | None = None


class Candidate(Struct, frozen=True, kw_only=True):
    """A film that a provider offers, and what a person needs to recognise it."""

    provider: str
    title: str
    original_title: str | None = None
    alternative_titles: tuple[str, ...] = ()
    year: int | None = None
    runtime: int | None = None
    popularity: float = 0.0
    tmdb_id: int | None = None
    imdb_id: str | None = None
    overview: str | None = None
    poster_url: str | None = None


class MatchPart(Struct, frozen=True, kw_only=True):
    """One term of a score and why it is what it is; the parts of a score add up to it."""

    name: str
    points: float
    why: str


class Match(Struct, frozen=True, kw_only=True):
    """A candidate with its score, 0-1. `exact` says that title and year are equal, `same_title` that the title is."""

    candidate: Candidate
    score: float
    parts: tuple[MatchPart, ...]
    same_title: bool = False
    exact: bool = False


class Verdict(Struct, frozen=True, kw_only=True):
    """All candidates, best first; `accepted` is the one to take, if there is one, and `reason` says why or why not."""

    matches: tuple[Match, ...]
    accepted: Match | None
    reason: str


def choose(wanted: Wanted, candidates: Iterable[Candidate], *, min_confidence: float, min_margin: float) -> Verdict:
    """Score all candidates and say which one, if any, is sure enough."""
    matches = tuple(sorted((score(wanted, candidate) for candidate in candidates), key=_rank))
    accepted, reason = _judge(wanted, matches, min_confidence, min_margin)
    return Verdict(matches=matches, accepted=accepted, reason=reason)


def score(wanted: Wanted, candidate: Candidate) -> Match:
    """How well one candidate fits."""
    likeness, why = _title(wanted, candidate)
    title = MatchPart(name="title", points=likeness, why=why)
    year = _year(wanted.year, candidate.year, likeness)
    runtime = _runtime(wanted.runtime, candidate.runtime, title.points + year.points)
    parts = (title, year, runtime) if runtime else (title, year)
    same_title = likeness == 1.0
    return Match(
        candidate=candidate,
        score=round(max(0.0, sum(part.points for part in parts)), 4),
        parts=parts,
        same_title=same_title,
        exact=same_title and wanted.year is not None and wanted.year == candidate.year,
    )


@lru_cache(maxsize=4096)
def likeness(one: str, other: str) -> float:
    """How alike two titles are, 0-1; symmetric, and 1 only for titles that are equal as compared."""
    ours, theirs = _words(one), _words(other)
    if not ours or not theirs:
        return 0.0
    if ours == theirs:
        return 1.0
    if _bare(ours) == _bare(theirs):
        return INEXACT_CEILING
    measured = max(_shared_words(ours, theirs), _shared_letters(ours, theirs))
    if _numbers(ours) != _numbers(theirs):
        return min(measured, DIFFERENT_NUMBERS)
    if _is_beginning(ours, theirs):
        measured = max(measured, TITLE_AND_SUBTITLE)
    return round(min(measured, INEXACT_CEILING), 4)


def _rank(match: Match) -> tuple[float, float, int, str]:
    return (-match.score, -match.candidate.popularity, match.candidate.tmdb_id or 0, match.candidate.title)


def _judge(
    wanted: Wanted, matches: Sequence[Match], min_confidence: float, min_margin: float
) -> tuple[Match | None, str]:
    if not matches:
        return None, f"no film was found under the name {_named(wanted.title, wanted.year)}"
    best = matches[0]
    exact = [match for match in matches if match.exact]
    if len(exact) == 1:
        return exact[0], "the only film with this title and year"
    if len(exact) > 1:
        return None, f"{len(exact)} films are called {_named(wanted.title, wanted.year)}; only a person can tell which"
    if best.score < min_confidence:
        return None, f"the best candidate, {_shown(best)}, reaches {best.score:.0%}; {min_confidence:.0%} are needed"
    if len(matches) > 1 and best.score - matches[1].score < min_margin:
        return None, f"{_shown(best)} and {_shown(matches[1])} fit almost equally well"
    return best, f"{_shown(best)} fits best with {best.score:.0%}"


def _shown(match: Match) -> str:
    return _named(match.candidate.title, match.candidate.year)


def _named(title: str, year: int | None) -> str:
    return f"“{title}” ({year})" if year else f"“{title}”"


def _title(wanted: Wanted, candidate: Candidate) -> tuple[float, str]:
    sought = [title for title in (wanted.title, wanted.original_title) if title]
    offered = [("title", candidate.title)]
    offered += [("original title", candidate.original_title)] if candidate.original_title else []
    offered += [("alternative title", title) for title in candidate.alternative_titles]
    found = ((likeness(ours, theirs), kind, theirs) for ours in sought for kind, theirs in offered)
    best, kind, theirs = max(found, key=lambda pair: pair[0], default=(0.0, "title", candidate.title))
    return best, f"equal to its {kind} “{theirs}”" if best == 1.0 else f"{best:.0%} like its {kind} “{theirs}”"


def _year(sought: int | None, offered: int | None, title_points: float) -> MatchPart:
    factor, why = _year_factor(sought, offered)
    return MatchPart(name="year", points=round(title_points * (factor - 1), 4), why=why)


def _year_factor(sought: int | None, offered: int | None) -> tuple[float, str]:
    if sought is None or offered is None:
        return YEAR_UNKNOWN, "the year is not known on both sides"
    match abs(sought - offered):
        case 0:
            return SAME_YEAR, f"{offered} on both sides"
        case 1:
            return YEAR_OFF_BY_ONE, f"{offered} instead of {sought}, as happens between countries"
        case 2:
            return YEAR_OFF_BY_TWO, f"{offered} instead of {sought}"
        case _:
            return OTHER_YEAR, f"{offered} instead of {sought}"


def _runtime(sought: int | None, offered: int | None, so_far: float) -> MatchPart | None:
    if not sought or not offered:
        return None
    apart = abs(sought - offered)
    why = f"{offered} min, the file has {sought} min"
    if apart <= RUNTIME_TOLERANCE_MINUTES:
        return MatchPart(name="runtime", points=round(min(RUNTIME_AGREES, 1.0 - so_far), 4), why=why)
    if apart > max(RUNTIME_FAR_OFF_MINUTES, RUNTIME_FAR_OFF_SHARE * offered):
        return MatchPart(name="runtime", points=RUNTIME_DIFFERS, why=why)
    return MatchPart(name="runtime", points=0.0, why=why)


def _words(title: str) -> tuple[str, ...]:
    """As compared, with the article in front; Roman numerals are numbers."""
    return tuple(normalise_title(display_title(title), article=False).split())


def _bare(words: tuple[str, ...]) -> tuple[str, ...]:
    return words[1:] if len(words) > 1 and words[0] in _ARTICLES else words


def _numbers(words: tuple[str, ...]) -> list[str]:
    return sorted(word for word in words if word.isdigit())


def _is_beginning(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    shorter, longer = sorted((_bare(one), _bare(other)), key=len)
    return len(shorter) >= 2 and longer[: len(shorter)] == shorter


def _shared_words(one: tuple[str, ...], other: tuple[str, ...]) -> float:
    return 2 * len(set(one) & set(other)) / (len(set(one)) + len(set(other)))


def _shared_letters(one: tuple[str, ...], other: tuple[str, ...]) -> float:
    # The matcher's answer depends on the order of its arguments; sorting them makes it symmetric.
    first, second = sorted((" ".join(one), " ".join(other)))
    return SequenceMatcher(None, first, second, autojunk=False).ratio()
