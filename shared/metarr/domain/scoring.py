"""Which picture is the best for a slot, and why: points per term, limits, one total order, look-alikes.

A candidate collects five shares between 0 and 1, each times its weight (30/20/20/20/10 by default):

- resolution: pixels against the slot's ideal, never more than full; unknown counts half until it is downloaded.
- aspect: full at the ideal shape, falling to nothing at 20 % off; some slots take all shapes of a range alike.
- language: by the order of the slot (scoring_languages). A picture from the person's own folder speaks the reader's language.
- votes: average / 10, in full from 50 votes on; likes count in full from 20 on. A local or user picture, which
  nobody votes on, gets half, as if people found it average: well kept own artwork is not thrown out for one more vote.
- provider: the first of the order fully, each later one a tenth less, one that is not in it half; own pictures fully.

A provider's picture outside the slot's limits is a last resort: it comes after all others. One that is no artwork at
all (a few pixels, or quite another shape) is refused. Own pictures have no limits: their file name already said what
they are. Order: within limits, points, votes, the name that players prefer, smaller file, id. Nothing else decides,
so the same candidates always come out in the same order.

Of several that look the same the largest (pixels, then bytes) is the candidate, one within the limits before one outside, and where
local pictures come first, a local one; the others stay hidden behind it (scoring_groups). What nobody has looked at yet is like
nothing else, and what is refused hides nobody.
"""

from collections.abc import Iterable, Sequence
from typing import Literal

from msgspec import Struct

from metarr.domain.artwork_rules import ScoreWeights
from metarr.domain.scoring_groups import Look, repeats
from metarr.domain.scoring_languages import language_share, plain_language
from metarr.domain.scoring_slots import TOLERANCE, Slot

UNKNOWN_SIZE_SHARE = 0.5
NO_VOTES_SHARE = 0.5
ASPECT_ZERO_AT = 0.20
FULL_VOTES = 50
FULL_LIKES = 20
LEAST_SIDE = 16
OTHER_SHAPE = 1.5
"""A shape this many times outside the slot's range belongs to another slot."""

PROVIDER_STEP = 0.1
OTHER_TRUST = 0.5

ALPHA_DISTANCE = 2
"""Bits; transparent pictures share their grey backdrop, so they are nearer to each other than photos (BEHAVIOUR 3.4)."""


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
    """What the library's settings ask for (see taste). `languages` and `providers` in order of preference, sizes in pixels,
    `max_distance` in bits of 64. None: as the slot demands.
    """

    languages: tuple[str, ...] = ("en",)
    original_language: str | None = None
    steps: tuple[str, ...] | None = None
    weights: ScoreWeights = ScoreWeights()
    min_width: int | None = None
    min_height: int | None = None
    providers: tuple[str, ...] = ("tmdb", "fanart_tv", "tvdb")
    max_distance: int = 6


class ScoreTerm(Struct, frozen=True, kw_only=True):
    """One term of a score: how many points it gave, of how many, and why, in words."""

    name: str
    points: float
    of: float
    why: str


class Score(Struct, frozen=True, kw_only=True):
    """`points` is the sum of the terms. `limit` says which limit is missed; `refused` that it is no artwork for this slot."""

    points: float
    terms: tuple[ScoreTerm, ...]
    limit: str | None = None
    refused: bool = False


class Ranked(Struct, frozen=True, kw_only=True):
    """A candidate at its place. `repeats` is the id of the one that looks the same and stands for it."""

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
        _term("provider", weights.provider, _provider(candidate, taste)),
    )
    points = round(sum(term.points for term in terms), 2)
    nonsense = _nonsense(candidate, slot)
    return Score(
        points=points, terms=terms, limit=nonsense or _limit(candidate, slot, taste), refused=nonsense is not None
    )


def mark_repeats(ranked: Sequence[Ranked], slot: Slot, taste: Taste) -> list[Ranked]:
    """Mark each candidate that is hidden behind one that looks the same; `ranked` must be in order, and keeps it."""
    seen = [one for one in ranked if one.candidate.perceptual_hash is not None and not one.score.refused]
    looks = [_look(one.candidate, taste) for one in sorted(seen, key=lambda one: _size_key(one, slot))]
    behind = repeats(looks, min(ALPHA_DISTANCE, taste.max_distance) if slot.transparent else taste.max_distance)
    return [Ranked(candidate=one.candidate, score=one.score, repeats=behind.get(one.candidate.id)) for one in ranked]


def pixels(candidate: Candidate) -> int:
    """0 while the size is unknown."""
    return (candidate.width or 0) * (candidate.height or 0)


def _size_key(one: Ranked, slot: Slot) -> tuple[bool, bool, int, int]:
    """Smaller goes first; equals stay in the order of their rank."""
    candidate = one.candidate
    behind = slot.local_first and candidate.source_type != "local"
    return (behind, one.score.limit is not None, -pixels(candidate), -(candidate.file_size or 0))


def _look(candidate: Candidate, taste: Taste) -> Look:
    """A picture of a provider is in the language that it says, an own one in any that is wanted."""
    own = candidate.source_type != "provider"
    codes = (None, *taste.languages) if own else (candidate.language,)
    words = frozenset(plain_language(code) or "" for code in codes)
    return Look(id=candidate.id, bits=int(candidate.perceptual_hash or "0", 16), words=words)


def _term(name: str, weight: float, share: tuple[float, str]) -> ScoreTerm:
    return ScoreTerm(name=name, points=round(weight * share[0], 2), of=weight, why=share[1])


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
    return language_share(candidate.language, taste.steps or slot.languages, taste.languages, taste.original_language)


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


def _provider(candidate: Candidate, taste: Taste) -> tuple[float, str]:
    if candidate.source_type != "provider":
        return 1.0, "beside the media" if candidate.source_type == "local" else "given by you"
    name = candidate.provider_name or "unknown"
    if name not in taste.providers:
        return OTHER_TRUST, f"from {name}"
    step = min(PROVIDER_STEP, (1 - OTHER_TRUST) / len(taste.providers))
    return 1 - step * taste.providers.index(name), f"from {name}"


def _nonsense(candidate: Candidate, slot: Slot) -> str | None:
    width, height = candidate.width, candidate.height
    if candidate.source_type == "user" or not width or not height:
        return None
    if min(width, height) < LEAST_SIDE:
        return f"{width} x {height} pixels are no artwork"
    low, high = slot.shapes
    fits = low / OTHER_SHAPE <= width / height <= high * OTHER_SHAPE
    return None if fits or candidate.source_type == "local" else f"{width} x {height} has quite another shape"


def _limit(candidate: Candidate, slot: Slot, taste: Taste) -> str | None:
    width, height = candidate.width, candidate.height
    if candidate.source_type != "provider" or not width or not height:
        return None
    wide, high = slot.smallest
    if _too_small(width, taste.min_width, wide) or _too_small(height, taste.min_height, high):
        wide = wide if taste.min_width is None else taste.min_width
        high = high if taste.min_height is None else taste.min_height
        return f"{width} x {height} is smaller than {wide} x {high}"
    flat, broad = slot.shapes
    if not flat * (1 - TOLERANCE) <= width / height <= broad * (1 + TOLERANCE):
        return f"{width} x {height} is not of the shape {flat} to {broad} : 1"
    return None


def _too_small(length: int, asked: int | None, usual: int) -> bool:
    """A person's own smallest size is meant to the pixel, ours is a rule of thumb."""
    return length < (usual * (1 - TOLERANCE) if asked is None else asked)
