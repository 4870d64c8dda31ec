"""Who can be asked about films right now: the providers that are enabled and have a key, by ability."""

from collections.abc import Mapping

from msgspec import Struct

from metarr.db.queries.providers import ProviderConfig
from metarr.domain.settings import Settings
from metarr.domain.taste import picture_languages
from metarr.http import HttpDoor
from metarr_enricher.protocol import FindsMovies, GivesArtwork, GivesMovies, GivesRatings, SearchesMovies, Taste
from metarr_enricher.providers import fanart_tv, omdb, tmdb
from metarr_enricher.providers.line import Errand

WORDS = {"tmdb": "TMDB", "fanart_tv": "fanart.tv", "omdb": "OMDb"}
"""How providers are called in front of people."""


class Addresses(Struct, frozen=True, kw_only=True):
    """Where the providers are; the person can point them at a stand-in."""

    tmdb: str
    tmdb_image: str
    fanart_tv: str
    omdb: str


class Panel(Struct, frozen=True, kw_only=True):
    """The abilities at hand; None where nobody has one. `priorities` is the order of sources for merging."""

    searches: SearchesMovies | None = None
    finds: FindsMovies | None = None
    movies: GivesMovies | None = None
    artwork: GivesArtwork | None = None
    ratings: GivesRatings | None = None
    priorities: Mapping[str, int | None] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """Who would be asked."""
        abilities = {tmdb.NAME: self.movies, fanart_tv.NAME: self.artwork, omdb.NAME: self.ratings}
        return tuple(name for name, ability in abilities.items() if ability is not None)

    @property
    def is_empty(self) -> bool:
        return not self.names


class Providers:
    """Puts panels together; keys and rates are those that the database holds at that moment."""

    def __init__(self, door: HttpDoor, addresses: Addresses) -> None:
        self._door = door
        self._addresses = addresses

    def panel(
        self,
        configs: Mapping[str, ProviderConfig],
        settings: Settings,
        errand: Errand,
        original_language: str | None = None,
    ) -> Panel:
        """The panel for one job; `original_language` is the film's own, where that is known already."""
        keys = {name: self._key(name, configs) for name in WORDS}
        taste = Taste(
            languages=settings.languages,
            picture_languages=picture_languages(settings, original_language),
            countries=settings.countries,
            max_actors=settings.max_actors,
        )
        film_base = self._tmdb(keys["tmdb"], taste, errand)
        return Panel(
            searches=film_base,
            finds=film_base,
            movies=film_base,
            artwork=self._fanart_tv(keys["fanart_tv"], errand),
            ratings=self._omdb(keys["omdb"], taste, errand),
            priorities={name: config.priority for name, config in configs.items()},
        )

    def _key(self, name: str, configs: Mapping[str, ProviderConfig]) -> str | None:
        config = configs.get(name)
        if config is None or not config.enabled or not config.api_key:
            return None
        if config.rate_limit_per_second:
            self._door.set_budget(name, config.rate_limit_per_second)
        return config.api_key

    def _tmdb(self, key: str | None, taste: Taste, errand: Errand) -> tmdb.Tmdb | None:
        if key is None:
            return None
        return tmdb.Tmdb(
            self._door,
            address=self._addresses.tmdb,
            image_address=self._addresses.tmdb_image,
            key=key,
            taste=taste,
            errand=errand,
        )

    def _fanart_tv(self, key: str | None, errand: Errand) -> fanart_tv.FanartTv | None:
        if key is None:
            return None
        return fanart_tv.FanartTv(self._door, address=self._addresses.fanart_tv, key=key, errand=errand)

    def _omdb(self, key: str | None, taste: Taste, errand: Errand) -> omdb.Omdb | None:
        if key is None:
            return None
        return omdb.Omdb(self._door, address=self._addresses.omdb, key=key, taste=taste, errand=errand)
