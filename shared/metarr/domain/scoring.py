"""Which picture is the best for a slot, and why: points per term, limits, one total order, near-duplicates.

A candidate collects five shares between 0 and 1, each times its weight (30/20/20/20/10 by default):

- resolution: pixels against the slot's ideal, never more than full; unknown counts half until it is downloaded.
- aspect: full at the ideal shape, falling to nothing at 20 % off; some slots take all shapes of a range alike.
- language: by the slot's policy (scoring_slots). A picture from the person's own folder speaks the reader's language.
- votes: average / 10, in full from 50 votes on; likes count in full from 20 on. A local or user picture, which
  nobody votes on, gets half, as if people found it average: well kept own artwork is not thrown out for one more vote.
- provider: how far the source can be trusted; local and user pictures fully.

A provider's picture outside the slot's limits is a last resort: it comes after all others. One that is no artwork at
all (a few pixels, or quite another shape) is refused. Own pictures have no limits: their file name already said what
they are. Order: within limits, points, votes, the name that players prefer, smaller file, id. Nothing else decides,
so the same candidates always come out in the same order. Of two that look the same the lower is rejected.
"""

from collections.abc import Iterable, Sequence
from typing import Literal

from msgspec import Struct

from metarr.domain.scoring_slots import TOLERANCE, LanguagePolicy, Slot
from metarr.domain.settings import ScoreWeights

UNKNOWN_SIZE_SHARE = 0.5
NO_VOTES_SHARE = 0.5
ASPECT_ZERO_AT = 0.20
FULL_VOTES = 50
FULL_LIKES = 20
LEAST_SIDE = 16
OTHER_SHAPE = 1.5
"""A shape this many times outside the slot's range belongs to another slot."""

TRUST = {"tmdb": 1.0, "fanart_tv": 0.9, "tvdb": 0.8}
OTHER_TRUST = 0.5

LANGUAGE_STEP = 0.1
LATER_LANGUAGE = 0.7
"""Share of the second wanted language is one step below the first, and so on down to this."""

FALLBACKS: dict[LanguagePolicy, dict[str, float]] = {
    "text": {"english": 0.6, "none": 0.4, "other": 0.1},
    "poster": {"none": 0.6, "original": 0.5, "english": 0.4, "other": 0.1},
    "textless": {"wanted": 0.5, "english": 0.4, "other": 0.2},
}
ALPHA_DISTANCE = 2
"""Bits; transparent pictures share their grey backdrop, so they are nearer to each other than photos (BEHAVIOUR 3.4)."""

_NO_LANGUAGE = frozenset({"", "00", "xx", "zxx", "und", "none"})


class Candidate(Struct, frozen=True, kw_only=True):
    """A picture that could fill a slot. Sizes in pixels and bytes, None while unknown; language ISO 639-1 or None for no text.

    `name_preference` of one beside the media: the smaller, the rather players take it (classify.images).
    """

    id: int
    source_type: Literal["provider", "local", "user"]
    provider_name: str | None = None
    width: int | None = None
    height: int | None = None
    language: str | None = None
    vote_average: float | None = None
    vote_count: int | None = None
    likes: int | None = None
    file_size: int | None = None
    perceptual_hash: str | None = None
    name_preference: int = 0


class Taste(Struct, frozen=True, kw_only=True):
    """What the library's settings ask for. `languages` in order of preference, `max_distance` in bits of 64."""

    languages: tuple[str, ...] = ("en",)
    original_language: str | None = None
    weights: ScoreWeights = ScoreWeights()
    max_distance: int = 6


class ScoreTerm(Struct, frozen=True, kw_only=True):
    """One term of a score: how much it gave and why, in words."""

    name: str
    points: float
    why: str


class Score(Struct, frozen=True, kw_only=True):
    """`points` is the sum of the terms. `limit` says which limit is missed; `refused` that it is no artwork for this slot."""

    points: float
    terms: tuple[ScoreTerm, ...]
    limit: str | None = None
    refused: bool = False


class Ranked(Struct, frozen=True, kw_only=True):
    """A candidate at its place. `repeats` is the id of a better one that looks the same."""

    candidate: Candidate
    score: Score
    repeats: int | None = None

    @property
    def usable(self) -> bool:
        return not self.score.refused and self.repeats is None


def rank(candidates: Iterable[Candidate], slot: Slot, taste: Taste) -> list[Ranked]:
    """All candidates of one slot, best first, refused ones and repeats in their place."""
    scored = [Ranked(candidate=candidate, score=score(candidate, slot, taste)) for candidate in candidates]
    return mark_repeats(sorted(scored, key=lambda one: rank_key(one, slot)), slot, taste)


def rank_key(one: Ranked, slot: Slot) -> tuple[bool, bool, bool, float, float, int, float, int]:
    """Smaller is better; no two candidates have the same key, because ids differ."""
    candidate = one.candidate
    return (
        one.score.refused,
        slot.local_first and candidate.source_type != "local",
        one.score.limit is not None,
        -one.score.points,
        -_votes(candidate)[0],
        candidate.name_preference,
        float("inf") if candidate.file_size is None else candidate.file_size,
        candidate.id,
    )


def score(candidate: Candidate, slot: Slot, taste: Taste) -> Score:
    """Points of a candidate, term by term, and the limit it misses if any."""
    weights = taste.weights
    terms = (
        _term("resolution", weights.resolution, _resolution(candidate, slot)),
        _term("aspect", weights.aspect, _aspect(candidate, slot)),
        _term("language", weights.language, _language(candidate, slot, taste)),
        _term("votes", weights.votes, _votes(candidate)),
        _term("provider", weights.provider, _provider(candidate)),
    )
    points = round(sum(term.points for term in terms), 2)
    nonsense = _nonsense(candidate, slot)
    return Score(points=points, terms=terms, limit=nonsense or _limit(candidate, slot), refused=nonsense is not None)


def mark_repeats(ranked: Sequence[Ranked], slot: Slot, taste: Taste) -> list[Ranked]:
    """Mark each candidate that looks like a better one; `ranked` must be in order, and keeps it."""
    limit = min(ALPHA_DISTANCE, taste.max_distance) if slot.transparent else taste.max_distance
    kept: list[tuple[int, int]] = []
    marked: list[Ranked] = []
    for one in ranked:
        fingerprint = one.candidate.perceptual_hash
        if fingerprint is None or one.score.refused:
            marked.append(one)
            continue
        bits = int(fingerprint, 16)
        double = next((known for known, other in kept if (bits ^ other).bit_count() <= limit), None)
        if double is None:
            kept.append((one.candidate.id, bits))
        marked.append(Ranked(candidate=one.candidate, score=one.score, repeats=double))
    return marked


def _term(name: str, weight: float, share: tuple[float, str]) -> ScoreTerm:
    return ScoreTerm(name=name, points=round(weight * share[0], 2), why=share[1])


def _resolution(candidate: Candidate, slot: Slot) -> tuple[float, str]:
    if not candidate.width or not candidate.height:
        return UNKNOWN_SIZE_SHARE, "size unknown until it is downloaded"
    width, height = slot.ideal
    size = f"{candidate.width} x {candidate.height}"
    share = min(1.0, candidate.width * candidate.height / (width * height))
    return share, size if share == 1 else f"{size}, {share:.0%} of {width} x {height}"


def _aspect(candidate: Candidate, slot: Slot) -> tuple[float, str]:
    if not candidate.width or not candidate.height:
        return UNKNOWN_SIZE_SHARE, "shape unknown until it is downloaded"
    shape = candidate.width / candidate.height
    low, high = slot.shapes if slot.any_shape else (slot.ideal[0] / slot.ideal[1],) * 2
    nearest = min(max(shape, low), high)
    off = abs(shape - nearest) / nearest
    share = max(0.0, 1 - off / ASPECT_ZERO_AT)
    return share, f"{shape:.2f} : 1" if off < 0.005 else f"{shape:.2f} : 1, {off:.0%} off {nearest:.2f} : 1"


def _language(candidate: Candidate, slot: Slot, taste: Taste) -> tuple[float, str]:
    if candidate.source_type != "provider":
        return 1.0, "your own picture"
    language = plain_language(candidate.language)
    wanted = [plain_language(one) for one in taste.languages]
    fallbacks = FALLBACKS[slot.language]
    if slot.language == "textless" and language is None:
        return 1.0, "without text"
    if language is not None and language in wanted:
        place = wanted.index(language)
        share = fallbacks.get("wanted") or max(LATER_LANGUAGE, 1 - LANGUAGE_STEP * place)
        return share, f"in {language}, wanted language {place + 1}"
    if language is None:
        return fallbacks["none"], "without text"
    if "original" in fallbacks and language == plain_language(taste.original_language):
        return fallbacks["original"], f"in {language}, the film's own language"
    return fallbacks["english" if language == "en" else "other"], f"in {language}"


def plain_language(code: str | None) -> str | None:
    """`pt-BR` is `pt`; the many ways to say "no text" are None."""
    plain = (code or "").lower().replace("_", "-").partition("-")[0]
    return None if plain in _NO_LANGUAGE else plain


def _votes(candidate: Candidate) -> tuple[float, str]:
    if candidate.likes is not None:
        return min(1.0, max(0, candidate.likes) / FULL_LIKES), f"{candidate.likes} likes"
    if candidate.vote_count:
        average = min(10.0, max(0.0, candidate.vote_average or 0.0))
        share = average / 10 * min(1.0, candidate.vote_count / FULL_VOTES)
        return share, f"{average:.1f} of 10 from {candidate.vote_count} votes"
    if candidate.source_type != "provider":
        return NO_VOTES_SHARE, "nobody votes on your own pictures"
    return 0.0, "no votes"


def _provider(candidate: Candidate) -> tuple[float, str]:
    if candidate.source_type != "provider":
        return 1.0, "beside the media" if candidate.source_type == "local" else "given by you"
    name = candidate.provider_name or "unknown"
    return TRUST.get(name, OTHER_TRUST), f"from {name}"


def _nonsense(candidate: Candidate, slot: Slot) -> str | None:
    width, height = candidate.width, candidate.height
    if candidate.source_type == "user" or not width or not height:
        return None
    if min(width, height) < LEAST_SIDE:
        return f"{width} x {height} pixels are no artwork"
    low, high = slot.shapes
    fits = low / OTHER_SHAPE <= width / height <= high * OTHER_SHAPE
    return None if fits or candidate.source_type == "local" else f"{width} x {height} has quite another shape"


def _limit(candidate: Candidate, slot: Slot) -> str | None:
    width, height = candidate.width, candidate.height
    if candidate.source_type != "provider" or not width or not height:
        return None
    least_width, least_height = slot.smallest
    if width < least_width * (1 - TOLERANCE) or height < least_height * (1 - TOLERANCE):
        return f"{width} x {height} is smaller than {least_width} x {least_height}"
    low, high = slot.shapes
    if not low * (1 - TOLERANCE) <= width / height <= high * (1 + TOLERANCE):
        return f"{width} x {height} is not of the shape {low} to {high} : 1"
    return None
