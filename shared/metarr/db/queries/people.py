"""Who a film's people and collection are: links to rows that films share."""

from collections.abc import Sequence

from metarr.db.database import Connection
from metarr.db.queries.named import NamedTable, find_or_create
from metarr.domain.movie import ActorCredit, CollectionRef, CrewCredit

SET_CAST = """
WITH wanted AS (
  SELECT DISTINCT ON (actor_id) actor_id, role, sort_order
  FROM unnest($2::bigint[], $3::text[], $4::int[]) AS said (actor_id, role, sort_order) ORDER BY actor_id, sort_order
), gone AS (
  DELETE FROM movie_actors WHERE movie_id = $1 AND actor_id NOT IN (SELECT actor_id FROM wanted)
)
INSERT INTO movie_actors (movie_id, actor_id, role, sort_order) SELECT $1, actor_id, role, sort_order FROM wanted
ON CONFLICT (movie_id, actor_id) DO UPDATE SET role = excluded.role, sort_order = excluded.sort_order
WHERE (movie_actors.role, movie_actors.sort_order) IS DISTINCT FROM (excluded.role, excluded.sort_order)
"""

SET_CREW = """
WITH wanted AS (
  SELECT DISTINCT ON (crew_id, role) crew_id, role, sort_order
  FROM unnest($2::bigint[], $3::text[], $4::int[]) AS said (crew_id, role, sort_order) ORDER BY crew_id, role, sort_order
), gone AS (
  DELETE FROM movie_crew WHERE movie_id = $1 AND (crew_id, role) NOT IN (SELECT crew_id, role FROM wanted)
)
INSERT INTO movie_crew (movie_id, crew_id, role, sort_order) SELECT $1, crew_id, role, sort_order FROM wanted
ON CONFLICT (movie_id, crew_id, role) DO UPDATE SET sort_order = excluded.sort_order
WHERE movie_crew.sort_order IS DISTINCT FROM excluded.sort_order
"""

# IMDb's ids of people come from NFO files only; the first one that says it is believed.
LEARN_IMDB_IDS = """
UPDATE actors a SET imdb_id = said.imdb_id
FROM (SELECT * FROM unnest($1::bigint[], $2::text[]) AS said (id, imdb_id) ORDER BY id) AS said
WHERE a.id = said.id AND a.imdb_id IS NULL
"""

SET_COLLECTION = """
WITH gone AS (DELETE FROM movie_collection_members WHERE movie_id = $1 AND collection_id IS DISTINCT FROM $2)
INSERT INTO movie_collection_members (movie_id, collection_id) SELECT $1, $2 WHERE $2::bigint IS NOT NULL
ON CONFLICT DO NOTHING
"""

LEARN_PLOT = "UPDATE movie_collections SET plot = $2 WHERE id = $1 AND plot IS NULL AND NOT plot_locked"


async def store_cast(conn: Connection, actors: NamedTable, movie_id: int, cast: Sequence[ActorCredit]) -> None:
    """Make `cast` the cast of a film."""
    ids = await find_or_create(conn, actors, [actor.name for actor in cast], [actor.tmdb_id for actor in cast])
    await conn.execute(SET_CAST, movie_id, ids, [actor.role for actor in cast], [actor.sort_order for actor in cast])
    learned = [(row, actor.imdb_id) for row, actor in zip(ids, cast, strict=True) if actor.imdb_id]
    if learned:
        await conn.execute(LEARN_IMDB_IDS, [row for row, _ in learned], [imdb_id for _, imdb_id in learned])


async def store_crew(conn: Connection, crew: NamedTable, movie_id: int, people: Sequence[CrewCredit]) -> None:
    """Make `people` the crew of a film."""
    ids = await find_or_create(conn, crew, [person.name for person in people], [person.tmdb_id for person in people])
    await conn.execute(
        SET_CREW, movie_id, ids, [person.role for person in people], [person.sort_order for person in people]
    )


async def store_collection(
    conn: Connection, collections: NamedTable, movie_id: int, collection: CollectionRef | None
) -> None:
    """Make a film a member of this collection and of no other."""
    if collection is None:
        await conn.execute(SET_COLLECTION, movie_id, None)
        return
    (row,) = await find_or_create(conn, collections, [collection.name], [collection.tmdb_collection_id])
    await conn.execute(SET_COLLECTION, movie_id, row)
    if collection.plot:
        await conn.execute(LEARN_PLOT, row, collection.plot)
