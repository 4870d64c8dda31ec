"""fanart.tv: artwork of a film in one call. Numbers come as texts, language "00" means no text, "likes" are its votes."""

from msgspec import Struct

from metarr.http import HttpDoor
from metarr_enricher.protocol import Artwork, MovieIds
from metarr_enricher.providers.line import Errand, Line

NAME = "fanart_tv"

_NO_LANGUAGE = frozenset({"", "00"})


class Image(Struct, frozen=True, kw_only=True):
    """`width` and `height` are sent by newer versions of the API only."""

    url: str = ""
    lang: str | None = None
    likes: str | int | None = None
    width: str | int | None = None
    height: str | int | None = None


class MovieArt(Struct, frozen=True, kw_only=True):
    """The answer of `/movies/{id}`: a list for each kind that there is."""

    movieposter: tuple[Image, ...] = ()
    moviebackground: tuple[Image, ...] = ()
    hdmovielogo: tuple[Image, ...] = ()
    movielogo: tuple[Image, ...] = ()
    hdmovieclearart: tuple[Image, ...] = ()
    movieart: tuple[Image, ...] = ()
    moviebanner: tuple[Image, ...] = ()
    moviethumb: tuple[Image, ...] = ()
    moviedisc: tuple[Image, ...] = ()


KINDS: dict[str, tuple[str, int, int]] = {
    "movieposter": ("poster", 1000, 1426),
    "moviebackground": ("fanart", 1920, 1080),
    "hdmovielogo": ("logo", 800, 310),
    "movielogo": ("logo", 400, 155),
    "hdmovieclearart": ("clearart", 1000, 562),
    "movieart": ("clearart", 500, 281),
    "moviebanner": ("banner", 1000, 185),
    "moviethumb": ("thumb", 1000, 562),
    "moviedisc": ("discart", 1000, 1000),
}
"""Our slot for each of their kinds, and the one size in pixels that they accept for it."""


class FanartTv:
    """Implements GivesArtwork."""

    def __init__(self, door: HttpDoor, *, address: str, key: str, errand: Errand) -> None:
        self._line = Line(door, NAME, address, errand, secret_headers={"api-key": key})

    async def give_artwork(self, ids: MovieIds) -> tuple[Artwork, ...] | None:
        art = await self._line.ask(f"/movies/{ids.tmdb_id or ids.imdb_id}", MovieArt)
        return artwork(art) if art else None


def artwork(art: MovieArt) -> tuple[Artwork, ...]:
    """Everything that has an address."""
    return tuple(
        Artwork(
            asset_type=slot,
            url=image.url,
            width=_number(image.width) or width,
            height=_number(image.height) or height,
            language=None if (image.lang or "") in _NO_LANGUAGE else image.lang,
            likes=_number(image.likes),
        )
        for kind, (slot, width, height) in KINDS.items()
        for image in getattr(art, kind)
        if image.url
    )


def _number(text: str | int | None) -> int | None:
    try:
        return int(text) if text is not None else None
    except ValueError:
        return None
