"""Find or create rows that are known by TMDB's id or, while nobody knows it, by name: actors, crew, collections.

Two real people may share a name, so a name alone is unique only among rows without an id. When the id of such a row
becomes known, the row gets it; when a row with that id exists as well, the two become one and all films move to it. That
happens alone, behind an advisory lock which everybody else holds shared: finding and linking then never meets a row that
is about to go.
"""

from collections.abc import Sequence

import asyncpg
from msgspec import Struct

from metarr.db.database import Connection

_NAMED_LOCK = 0x6D657461_0000
"""With the number of the table added: advisory locks of this module."""


class NamedTable(Struct, frozen=True, kw_only=True):
    """A table of named rows: the column of TMDB's id, and (link table, column, key of the other side) of all that point at it."""

    table: str
    number: int
    id_column: str
    links: tuple[tuple[str, str, str], ...]
    pictures: tuple[str, ...]


ACTORS = NamedTable(
    table="actors",
    number=1,
    id_column="tmdb_id",
    links=(
        ("movie_actors", "actor_id", "movie_id"),
        ("series_actors", "actor_id", "series_id"),
        ("episode_actors", "actor_id", "episode_id"),
    ),
    pictures=("thumb_id",),
)
CREW = NamedTable(
    table="crew",
    number=2,
    id_column="tmdb_id",
    links=(("movie_crew", "crew_id", "movie_id, role"), ("episode_crew", "crew_id", "episode_id, role")),
    pictures=("thumb_id",),
)
COLLECTIONS = NamedTable(
    table="movie_collections",
    number=3,
    id_column="tmdb_collection_id",
    links=(("movie_collection_members", "collection_id", "movie_id"),),
    pictures=("poster_id", "fanart_id"),
)

# Alone when a nameless-id row has to get its id, together with all others when not; tells which.
JOIN = """
SELECT needed.alone, CASE WHEN needed.alone THEN pg_advisory_xact_lock($2) ELSE pg_advisory_xact_lock_shared($2) END
FROM (SELECT EXISTS (
        SELECT FROM {table} known JOIN unnest($1::text[]) AS said (name) ON lower(known.name) = lower(said.name)
        WHERE known.{id_column} IS NULL) AS alone OFFSET 0) AS needed
"""

# The row known by name gets the id, where no other row has it yet.
PROMOTE = """
UPDATE {table} known SET {id_column} = said.given_id
FROM (SELECT DISTINCT ON (lower(name)) lower(name) AS name, given_id
      FROM unnest($1::text[], $2::int[]) AS said (name, given_id) ORDER BY lower(name), given_id) AS said
WHERE known.{id_column} IS NULL AND lower(known.name) = said.name
  AND NOT EXISTS (SELECT FROM {table} other WHERE other.{id_column} = said.given_id)
"""

# The rows that are the same as another one: (old, new).
TWINS = """
SELECT known.id AS old, min(other.id) AS new
FROM unnest($1::text[], $2::int[]) AS said (name, given_id)
JOIN {table} known ON lower(known.name) = lower(said.name) AND known.{id_column} IS NULL
JOIN {table} other ON other.{id_column} = said.given_id
GROUP BY known.id
"""

MOVE_LINKS = """
UPDATE {links} l SET {column} = twin.new
FROM unnest($1::bigint[], $2::bigint[]) AS twin (old, new)
WHERE l.{column} = twin.old
  AND NOT EXISTS (SELECT FROM {links} other WHERE other.{column} = twin.new AND ({key_of_other}) = ({key_of_l}))
"""

MOVE_PICTURES = """
UPDATE {table} kept SET {assignments}
FROM unnest($1::bigint[], $2::bigint[]) AS twin (old, new) JOIN {table} gone ON gone.id = twin.old
WHERE kept.id = twin.new
"""

REMOVE = "DELETE FROM {table} WHERE id = ANY($1::bigint[])"

# In order of key: two films that bring the same new names wait for each other instead of deadlocking. A name without an
# id stands for the one row of that name; only where there is none, or several with ids, it gets a row of its own.
ADD = """
INSERT INTO {table} (name, {id_column})
SELECT said.name, said.given_id FROM unnest($1::text[], $2::int[]) AS said (name, given_id)
WHERE CASE WHEN said.given_id IS NULL
      THEN NOT EXISTS (SELECT FROM {table} k WHERE lower(k.name) = lower(said.name) AND k.{id_column} IS NULL)
           AND (SELECT count(*) FROM {table} k WHERE lower(k.name) = lower(said.name)) <> 1
      ELSE NOT EXISTS (SELECT FROM {table} k WHERE k.{id_column} = said.given_id) END
ORDER BY said.given_id, lower(said.name)
ON CONFLICT DO NOTHING
"""

FIND = """
SELECT DISTINCT ON (said.place) found.id
FROM unnest($1::text[], $2::int[]) WITH ORDINALITY AS said (name, given_id, place)
CROSS JOIN LATERAL (
  SELECT k.id, k.{id_column} AS known_id FROM {table} k WHERE k.{id_column} = said.given_id
  UNION ALL
  SELECT k.id, k.{id_column} FROM {table} k WHERE said.given_id IS NULL AND lower(k.name) = lower(said.name)
) AS found
ORDER BY said.place, found.known_id NULLS FIRST, found.id
"""


async def find_or_create(
    conn: Connection, named: NamedTable, names: Sequence[str], ids: Sequence[int | None]
) -> list[int]:
    """The row ids of `names`, each with its TMDB id or None, in the same order."""
    known = [(name, given) for name, given in zip(names, ids, strict=True) if given is not None]
    if await _join(conn, named, [name for name, _ in known]):
        await _unite(conn, named, [name for name, _ in known], [given for _, given in known])
    await conn.execute(_for(named, ADD), list(names), list(ids))
    return [row["id"] for row in await conn.fetch(_for(named, FIND), list(names), list(ids))]


def lock_number(named: NamedTable) -> int:
    """The advisory lock that everybody holds shared who finds rows of this table, and alone who lets one go."""
    return _NAMED_LOCK + named.number


async def _join(conn: Connection, named: NamedTable, names: list[str]) -> bool:
    return bool(await conn.fetchval(_for(named, JOIN), names, lock_number(named)))


async def _unite(conn: Connection, named: NamedTable, names: list[str], ids: list[int]) -> None:
    """Give rows known by name their id, or make them one with the row that has it."""
    await conn.execute(_for(named, PROMOTE), names, ids)
    twins = await conn.fetch(_for(named, TWINS), names, ids)
    if twins:
        await _make_one(conn, named, twins)


async def _make_one(conn: Connection, named: NamedTable, twins: Sequence[asyncpg.Record]) -> None:
    old, new = [twin["old"] for twin in twins], [twin["new"] for twin in twins]
    for links, column, key in named.links:
        of_other, of_l = (", ".join(f"{side}.{part.strip()}" for part in key.split(",")) for side in ("other", "l"))
        move = MOVE_LINKS.format(links=links, column=column, key_of_other=of_other, key_of_l=of_l)
        await conn.execute(move, old, new)
    assignments = ", ".join(f"{picture} = coalesce(kept.{picture}, gone.{picture})" for picture in named.pictures)
    await conn.execute(MOVE_PICTURES.format(table=named.table, assignments=assignments), old, new)
    await conn.execute(_for(named, REMOVE), old)


def _for(named: NamedTable, statement: str) -> str:
    return statement.format(table=named.table, id_column=named.id_column)
