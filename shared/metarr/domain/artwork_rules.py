"""What a person can say about the choice of artwork: how much each term weighs, which language, size and provider is preferred.

Two keys hold for every type of picture (`assets.preset`, `assets.providers`); `assets.<type>` says what is different for one.
The language order is a list of steps. `wanted` stands for all of `metadata.languages`, `none` for pictures without text,
`original` for the film's own language, two letters for one language (ISO 639-1). What no step names comes last.
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct

type Points = Annotated[float, Meta(ge=0, le=100)]
type LanguageStep = Annotated[str, Meta(pattern="^(wanted|none|original|[a-z]{2})$")]
type LanguageOrder = Annotated[tuple[LanguageStep, ...], Meta(min_length=1, max_length=10)]
type Pixels = Annotated[int, Meta(ge=0, le=20_000)]
type Preset = Literal["own", "balanced", "votes", "textless"]
type ProviderName = Literal["tmdb", "fanart_tv", "omdb", "tvdb", "tvmaze", "musicbrainz", "theaudiodb"]
type ProviderOrder = Annotated[tuple[ProviderName, ...], Meta(max_length=7)]

WANTED, NONE, ORIGINAL = "wanted", "none", "original"


class ScoreWeights(Struct, frozen=True, kw_only=True):
    """Points an artwork candidate can get for each term; together 100 by default."""

    resolution: Points = 30
    aspect: Points = 20
    language: Points = 20
    votes: Points = 20
    provider: Points = 10


PRESETS: dict[str, ScoreWeights] = {
    "balanced": ScoreWeights(),
    "votes": ScoreWeights(resolution=30, aspect=0, language=20, votes=40, provider=10),
    "textless": ScoreWeights(resolution=25, aspect=15, language=40, votes=15, provider=5),
}
"""balanced: what has always run; votes: the seed's variant without a term for the shape (BEHAVIOUR 3.2). textless: that a
picture has no text weighs more than what people think of it."""


class SlotRules(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is different for one type of picture; None: as for all types, or as the type itself demands.

    `weights` go before `preset`; preset `own` stands for `assets.weights`. `min_width` and `min_height` in pixels.
    """

    preset: Preset | None = None
    weights: ScoreWeights | None = None
    languages: LanguageOrder | None = None
    min_width: Pixels | None = None
    min_height: Pixels | None = None
    providers: ProviderOrder | None = None

    def __post_init__(self) -> None:
        refuse_doubles("languages", self.languages)
        refuse_doubles("providers", self.providers)


def refuse_doubles(name: str, order: tuple[str, ...] | None) -> None:
    """An order that names the same thing twice contradicts itself. Raises ValueError."""
    if order and len(set(order)) < len(order):
        raise ValueError(f"{name} names the same twice")
