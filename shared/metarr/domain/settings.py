"""What a person can set, with its defaults: rows of app_settings, `library.<id>.<key>` overriding `<key>`."""

from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from metarr.domain.artwork_rules import Preset, ProviderOrder, ScoreWeights, SlotRules, refuse_doubles

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


type Share = Annotated[float, Meta(ge=0, le=1)]
type Percent = Annotated[int, Meta(ge=0, le=100)]
type Days = Annotated[int, Meta(ge=1, le=3650)]
type Hours = Annotated[int, Meta(ge=1, le=8760)]
type Language = Annotated[str, Meta(pattern="^[a-z]{2}$")]
type Country = Annotated[str, Meta(pattern="^[A-Z]{2}$")]
type Pattern = Annotated[str, Meta(min_length=1, max_length=200)]


class Settings(Struct, frozen=True, kw_only=True):
    """All settings that apply to one library (or to none). The dotted key of app_settings is the field's `name`.

    languages and countries are in order of preference (ISO 639-1, ISO 3166-1); percentages 0-100; confidence 0-1.
    """

    auto_enrich: bool = field(default=True, name="enrich.auto")
    auto_publish: bool = field(default=True, name="publish.auto")
    naming: Literal["short", "prefixed"] = field(default="short", name="publish.naming")
    actor_images: bool = field(default=True, name="publish.actor_images")
    languages: tuple[Language, ...] = field(default=("en",), name="metadata.languages")
    countries: tuple[Country, ...] = field(default=("US",), name="metadata.countries")
    local_nfo_first: bool = field(default=True, name="metadata.local_nfo_first")
    max_actors: Annotated[int, Meta(ge=0, le=200)] = field(default=20, name="metadata.max_actors")
    min_confidence: Share = field(default=0.85, name="identify.min_confidence")
    min_margin: Share = field(default=0.05, name="identify.min_margin")
    weights: ScoreWeights = field(default=ScoreWeights(), name="assets.weights")
    preset: Preset = field(default="own", name="assets.preset")
    providers: ProviderOrder = field(default=("tmdb", "fanart_tv", "tvdb"), name="assets.providers")
    poster: SlotRules = field(default=SlotRules(), name="assets.poster")
    fanart: SlotRules = field(default=SlotRules(), name="assets.fanart")
    logo: SlotRules = field(default=SlotRules(), name="assets.logo")
    clearart: SlotRules = field(default=SlotRules(), name="assets.clearart")
    banner: SlotRules = field(default=SlotRules(), name="assets.banner")
    thumb: SlotRules = field(default=SlotRules(), name="assets.thumb")
    discart: SlotRules = field(default=SlotRules(), name="assets.discart")
    portrait: SlotRules = field(default=SlotRules(), name="assets.portrait")
    phash_max_distance: Annotated[int, Meta(ge=0, le=64)] = field(default=6, name="assets.phash_max_distance")
    lock_local_assets: bool = field(default=False, name="scan.lock_local_assets")
    ignore_patterns: tuple[Pattern, ...] = field(default=DEFAULT_IGNORE, name="scan.ignore_patterns")
    vanish_guard_percent: Percent = field(default=50, name="scan.vanish_guard_percent")
    trash_retention_days: Days = field(default=30, name="trash.retention_days")
    recycle_retention_days: Days = field(default=30, name="recycle_bin.retention_days")
    cache_retention_days: Days = field(default=90, name="cache.retention_days")
    history_completed_days: Days = field(default=30, name="history.completed_days")
    history_failed_days: Days = field(default=90, name="history.failed_days")
    scan_interval_hours: Hours = field(default=24, name="scan.interval_hours")
    refresh_interval_hours: Hours = field(default=168, name="refresh.interval_hours")

    def __post_init__(self) -> None:
        refuse_doubles("assets.providers", self.providers)
