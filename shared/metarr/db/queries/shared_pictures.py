"""Finds films that share a picture: different films whose posters, fanart, logos … are the same bytes or look the same.

Computed when it is asked for, picture by picture in the order in which they came into the store. Each chosen picture leads a group
of itself and all later ones that look like it in the same slot. It is left out when one earlier picture, which looks like it,
stands for the whole group: then that one's group says it all. So every two pictures that look alike are together in some group,
and a picture that a thousand films share is one group, not half a million pairs.

One film in two libraries, or in two editions, has one identity (tmdb_id, else imdb_id): that it shares pictures with itself is no
find. Portraits of people and the pictures of collections are not looked at.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import msgspec
from msgspec import Struct

from metarr.db.database import Connection
from metarr.db.queries.assets import StoredAsset, load_assets
from metarr.db.queries.looks import Near, Wanted, find_near, load_bits
from metarr.db.queries.where import Where
from metarr.domain.scoring import ALPHA_DISTANCE
from metarr.domain.scoring_slots import slot_of

PHOTO_DISTANCE = 6
"""Bits of 64 in which the same photograph may differ in another size or compression (BEHAVIOUR 3.4)."""

MOST_SEEN = 500
"""Pictures looked at for one page: each costs one or two milliseconds in a store of a million."""

_AT_ONCE = 100
_FILMS_SHOWN = 50
"""For each picture of a group; the others are counted."""

type Place = tuple[int, str]
"""Id and slot of a picture."""

# Each picture that a film shows, once for each slot that it is shown in.
_PICTURES = """
SELECT r.cache_asset_id AS asset_id, r.asset_type
FROM asset_references r JOIN movies m ON m.id = r.entity_id WHERE {where}
GROUP BY r.cache_asset_id, r.asset_type ORDER BY r.cache_asset_id, r.asset_type LIMIT {limit}
"""

_COUNT = """
SELECT count(*) FROM (
  SELECT DISTINCT r.cache_asset_id, r.asset_type
  FROM asset_references r JOIN movies m ON m.id = r.entity_id WHERE {where}
) AS picture
"""

# The films that show some pictures, the first few of each, with the count of all.
_FILMS = """
SELECT * FROM (
  SELECT r.cache_asset_id AS asset_id, r.asset_type, m.id, m.library_id, m.title, m.year, m.tmdb_id, m.imdb_id,
         count(*) OVER slot AS showing, row_number() OVER (slot ORDER BY m.id) AS place
  FROM asset_references r JOIN movies m ON m.id = r.entity_id WHERE {where}
  WINDOW slot AS (PARTITION BY r.cache_asset_id, r.asset_type)
) AS film WHERE place <= {limit} ORDER BY asset_id, id
"""


class FilmShowing(Struct, frozen=True, kw_only=True):
    """A film and the picture it shows in a slot; `showing` counts the films that show this very picture there."""

    id: int
    library_id: int
    title: str
    year: int | None
    tmdb_id: int | None
    imdb_id: str | None
    asset_id: int
    asset_type: str
    showing: int

    @property
    def identity(self) -> object:
        return self.tmdb_id or self.imdb_id or (self.id,)


class Alike(Struct, frozen=True, kw_only=True):
    """A picture of a group, its distance from the first one in bits of 64, and films that show it."""

    asset: StoredAsset
    distance: int
    films: tuple[FilmShowing, ...]


class SharedPicture(Struct, frozen=True, kw_only=True):
    """A group: different films whose pictures in this slot are the same or look the same, the nearest first."""

    asset_type: str
    alike: tuple[Alike, ...]

    @property
    def film_count(self) -> int:
        return sum(one.films[0].showing for one in self.alike)


class SharedFilter(Struct, frozen=True, kw_only=True):
    """Among which films and slots; with a library, films of others are not looked at."""

    library_id: int | None = None
    asset_type: str | None = None


class SharedFound(Struct, frozen=True, kw_only=True):
    """Groups, how many pictures were looked at, and behind which one the next page begins (None at the end)."""

    groups: tuple[SharedPicture, ...]
    seen: int
    last: Place | None


async def find_shared(conn: Connection, wanted: SharedFilter, *, after: Place | None, limit: int) -> SharedFound:
    """Up to `limit` groups; fewer, also none, when MOST_SEEN pictures were looked at before."""
    groups: list[SharedPicture] = []
    seen, place = 0, after
    while seen < MOST_SEEN and len(groups) < limit:
        pictures = await _pictures(conn, wanted, place, _AT_ONCE)
        for picture, group in await _groups(conn, wanted, pictures):
            place, seen = picture, seen + 1
            groups += [group] if group else []
            if len(groups) == limit:
                break
        if len(pictures) < _AT_ONCE and (not pictures or place == pictures[-1]):
            return SharedFound(groups=tuple(groups), seen=seen, last=None)
    return SharedFound(groups=tuple(groups), seen=seen, last=place)


async def count_pictures(conn: Connection, wanted: SharedFilter) -> int:
    """How many pictures there are to look at, each once for each slot."""
    where = _conditions(wanted)
    return int(await conn.fetchval(_COUNT.format(where=where.text), *where.values))


def most_distance(asset_type: str) -> int:
    """In how many bits of 64 two pictures of this slot may differ and still be the same picture."""
    return ALPHA_DISTANCE if slot_of("movie", asset_type).transparent else PHOTO_DISTANCE


async def _pictures(conn: Connection, wanted: SharedFilter, after: Place | None, limit: int) -> list[Place]:
    where = _conditions(wanted)
    if after is not None:
        where.add("(r.cache_asset_id, r.asset_type) > ({}, {})", *after)
    rows = await conn.fetch(_PICTURES.format(where=where.text, limit=where.place(limit)), *where.values)
    return [(row["asset_id"], row["asset_type"]) for row in rows]


async def _groups(
    conn: Connection, wanted: SharedFilter, pictures: Sequence[Place]
) -> list[tuple[Place, SharedPicture | None]]:
    """Each of the pictures with the group that it leads, if it leads one."""
    near = await _near(conn, pictures)
    ids = {asset_id for asset_id, _ in pictures} | {one.asset_id for found in near.values() for one in found}
    films = await _films(conn, wanted, ids)
    assets = await load_assets(conn, {asset_id for asset_id, _ in films})
    return [(picture, _group(picture, near[picture], assets, films)) for picture in pictures]


async def _near(conn: Connection, pictures: Sequence[Place]) -> defaultdict[Place, list[Near]]:
    """What looks like each picture, by the rule of its slot. What has no hash is like nothing but its own bytes."""
    bits = await load_bits(conn, {asset_id for asset_id, _ in pictures})
    seen = [picture for picture in pictures if picture[0] in bits]
    wanted = [Wanted(bits=bits[asset_id], most=most_distance(slot)) for asset_id, slot in seen]
    return defaultdict(list, zip(seen, await find_near(conn, wanted), strict=True))


async def _films(conn: Connection, wanted: SharedFilter, ids: Iterable[int]) -> dict[Place, tuple[FilmShowing, ...]]:
    where = _conditions(wanted)
    where.add("r.cache_asset_id = ANY({}::bigint[])", list(ids))
    rows = await conn.fetch(_FILMS.format(where=where.text, limit=where.place(_FILMS_SHOWN)), *where.values)
    films: dict[Place, list[FilmShowing]] = defaultdict(list)
    for row in rows:
        film = msgspec.convert(dict(row), FilmShowing)
        films[film.asset_id, film.asset_type].append(film)
    return {picture: tuple(found) for picture, found in films.items()}


def _group(
    picture: Place,
    near: Sequence[Near],
    assets: Mapping[int, StoredAsset],
    films: Mapping[Place, tuple[FilmShowing, ...]],
) -> SharedPicture | None:
    first, asset_type = picture
    shown = [one for one in near if one.asset_id != first and (one.asset_id, asset_type) in films]
    later = [one for one in shown if one.asset_id > first]
    if any(_stands_for(one, later, asset_type) for one in shown if one.asset_id < first):
        return None
    distances = {first: 0} | {one.asset_id: one.distance for one in later}
    alike = tuple(
        Alike(asset=assets[asset_id], distance=distance, films=films[asset_id, asset_type])
        for asset_id, distance in distances.items()
    )
    identities = {film.identity for one in alike for film in one.films}
    return SharedPicture(asset_type=asset_type, alike=alike) if len(identities) > 1 else None


def _stands_for(leader: Near, others: Iterable[Near], asset_type: str) -> bool:
    most = most_distance(asset_type)
    return all((leader.bits ^ other.bits).bit_count() <= most for other in others)


def _conditions(wanted: SharedFilter) -> Where:
    where = Where()
    where.add("r.entity_type = 'movie' AND m.deleted_at IS NULL")
    if wanted.library_id is not None:
        where.add("m.library_id = {}", wanted.library_id)
    if wanted.asset_type is not None:
        where.add("r.asset_type = {}", wanted.asset_type)
    return where
