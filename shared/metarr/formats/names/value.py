"""What a folder or file name says about a film."""

from typing import Literal

from msgspec import Struct, field

ReadBy = Literal["rules", "ptt", "guessit", "cleaned"]


class MovieName(Struct, frozen=True, kw_only=True):
    """One reading of one name; None and empty mean that the name is silent.

    ids maps a provider (`tmdb`, `imdb`, `tvdb`, …) to its id as text. `part` counts from 1; `stack_base` is the name that
    all parts share. `version` is the label behind ` - ` that tells copies of one film apart. `aliases` are further titles
    ("A aka B" has the aliases "A" and "B"). confidence is 0-100: 100 a year in brackets or an id, 90 a release name with
    its year, 50 bare words, below 30 hardly a film's name at all.
    """

    title: str
    year: int | None = None
    edition: str | None = None
    part: int | None = None
    stack_base: str | None = None
    ids: dict[str, str] = field(default_factory=dict)
    version: str | None = None
    resolution: str | None = None
    source: str | None = None
    codec: str | None = None
    group: str | None = None
    aliases: tuple[str, ...] = ()
    confidence: int = 0
    read_by: ReadBy = "rules"
