"""What a person can set, with its defaults: rows of app_settings, `library.<id>.<key>` overriding `<key>`."""

from typing import Literal

from msgspec import Struct, field

DEFAULT_IGNORE: tuple[str, ...] = (
    "._*",
    "*.tmp",
    "*.!ut",
    "*.crdownload",
    "*.part",
    "*.partial~",
    "*.proof.*",
    "*-proof.*",
    "*.nzb",
    "*.torrent",
    ".AppleDouble",
    ".DS_Store",
    ".@__thumb",
    "@eaDir",
    "#recycle",
    "$RECYCLE.BIN",
    "System Volume Information",
    "lost+found",
    "Plex Versions",
    "Thumbs.db",
    "desktop.ini",
)


class ScoreWeights(Struct, frozen=True, kw_only=True):
    """Points an artwork candidate can get for each term; together 100 by default."""

    resolution: float = 30
    aspect: float = 20
    language: float = 20
    votes: float = 20
    provider: float = 10


class Settings(Struct, frozen=True, kw_only=True):
    """All settings that apply to one library (or to none). The dotted key of app_settings is the field's `name`.

    languages and countries are in order of preference (ISO 639-1, ISO 3166-1); percentages 0-100; confidence 0-1.
    """

    auto_enrich: bool = field(default=True, name="enrich.auto")
    auto_publish: bool = field(default=True, name="publish.auto")
    naming: Literal["short", "prefixed"] = field(default="short", name="publish.naming")
    actor_images: bool = field(default=True, name="publish.actor_images")
    languages: tuple[str, ...] = field(default=("en",), name="metadata.languages")
    countries: tuple[str, ...] = field(default=("US",), name="metadata.countries")
    local_nfo_first: bool = field(default=True, name="metadata.local_nfo_first")
    max_actors: int = field(default=20, name="metadata.max_actors")
    min_confidence: float = field(default=0.85, name="identify.min_confidence")
    min_margin: float = field(default=0.05, name="identify.min_margin")
    weights: ScoreWeights = field(default=ScoreWeights(), name="assets.weights")
    phash_max_distance: int = field(default=6, name="assets.phash_max_distance")
    lock_local_assets: bool = field(default=False, name="scan.lock_local_assets")
    ignore_patterns: tuple[str, ...] = field(default=DEFAULT_IGNORE, name="scan.ignore_patterns")
    vanish_guard_percent: int = field(default=50, name="scan.vanish_guard_percent")
    trash_retention_days: int = field(default=30, name="trash.retention_days")
    recycle_retention_days: int = field(default=30, name="recycle_bin.retention_days")
