"""Films that share a picture: a find that a person looks through, computed when it is asked for."""

from typing import Literal

from litestar import Controller, get
from msgspec import Struct

from metarr.db.queries.shared_pictures import Alike, SharedFilter, SharedPicture, count_pictures, find_shared
from metarr_api.inputs import Asked, read_query
from metarr_api.paging import Page, PageQuery, seal, unseal
from metarr_api.parameters import Given
from metarr_api.tools import Tools
from metarr_api.words import Id

_ORDER = "look-alikes"

FilmSlot = Literal["poster", "fanart", "logo", "clearart", "banner", "thumb", "discart"]


class LookAlikeQuery(PageQuery, frozen=True, kw_only=True):
    """Among the films of one library, and in one slot; else among all."""

    library_id: Id | None = None
    asset_type: FilmSlot | None = None


class FilmAlike(Struct, frozen=True, kw_only=True):
    """A film and the picture that it shows: `url` is a path on this server and takes `?width=`, sizes are in pixels.

    `distance` is in how many of 64 bits of the perceptual hash it differs from the first of the group.
    """

    id: int
    library_id: int
    title: str
    year: int | None
    url: str
    content_hash: str
    width: int | None
    height: int | None
    distance: int


class LookAlikes(Struct, frozen=True, kw_only=True):
    """Different films that show the same picture in a slot. `same_bytes`: all of them show the very same file.

    `films` are the first 50 of each picture, `film_count` counts all.
    """

    asset_type: str
    same_bytes: bool
    film_count: int
    films: list[FilmAlike]


class LookAlikePage(Page[LookAlikes], frozen=True, kw_only=True):
    """Groups of films. `pictures_seen` were compared with the whole store for this page; `total` is how many there are to see.

    A page may hold fewer groups than asked for, also none, and still not be the last.
    """

    pictures_seen: int


class LookAlikeRoutes(Controller):
    """What looks alike across libraries."""

    @get("/artwork/look-alikes", opt={"query": LookAlikeQuery})
    async def get_look_alikes(self, request: Asked, tools: Given) -> LookAlikePage:
        """Films that share a poster, fanart or other picture with another film: the same bytes, or the same to look at."""
        query = read_query(request, LookAlikeQuery)
        place = unseal(tools.key, _ORDER, query.cursor, tuple[int, str])
        wanted = SharedFilter(library_id=query.library_id, asset_type=query.asset_type)
        async with tools.db.read() as conn:
            found = await find_shared(conn, wanted, after=place, limit=query.limit)
            total = await count_pictures(conn, wanted)
        return LookAlikePage(
            items=[_shown(tools, group) for group in found.groups],
            next_cursor=seal(tools.key, _ORDER, found.last) if found.last else None,
            total=total,
            pictures_seen=found.seen,
        )


def _shown(tools: Tools, group: SharedPicture) -> LookAlikes:
    return LookAlikes(
        asset_type=group.asset_type,
        same_bytes=len(group.alike) == 1,
        film_count=group.film_count,
        films=[film for one in group.alike for film in _films(tools, one)],
    )


def _films(tools: Tools, alike: Alike) -> list[FilmAlike]:
    asset = alike.asset
    return [
        FilmAlike(
            id=film.id,
            library_id=film.library_id,
            title=film.title,
            year=film.year,
            url=f"{tools.asset_prefix}{asset.content_hash}",
            content_hash=asset.content_hash,
            width=asset.width,
            height=asset.height,
            distance=alike.distance,
        )
        for film in alike.films
    ]
