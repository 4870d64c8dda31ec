"""Genres and studios of a film: names shared by all films, stored as sets."""

from collections.abc import Sequence
from typing import Literal

from metarr.db.database import Connection

NAMES_LOCK = 0x6D657461_0004
"""Advisory lock, beside those of metarr.db.queries.named: who finds names holds it shared, who lets some go holds it alone."""

HOLD = "SELECT pg_advisory_xact_lock_shared($1)"

# In order of name: two films that bring the same new names wait for each other instead of deadlocking.
ADD_GENRES = """
INSERT INTO genres (name, media_type)
SELECT said.name, 'movie' FROM unnest($1::text[]) AS said (name)
WHERE NOT EXISTS (SELECT FROM genres g WHERE lower(g.name) = lower(said.name) AND g.media_type = 'movie')
ORDER BY lower(said.name)
ON CONFLICT DO NOTHING
"""

ADD_STUDIOS = """
INSERT INTO studios (name)
SELECT said.name FROM unnest($1::text[]) AS said (name)
WHERE NOT EXISTS (SELECT FROM studios s WHERE lower(s.name) = lower(said.name))
ORDER BY lower(said.name)
ON CONFLICT DO NOTHING
"""

SET_GENRES = """
WITH wanted AS (
  SELECT g.id FROM genres g
  WHERE g.media_type = 'movie' AND lower(g.name) IN (SELECT lower(name) FROM unnest($2::text[]) AS said (name))
), gone AS (
  DELETE FROM movie_genres WHERE movie_id = $1 AND genre_id NOT IN (SELECT id FROM wanted)
)
INSERT INTO movie_genres (movie_id, genre_id) SELECT $1, id FROM wanted ORDER BY id ON CONFLICT DO NOTHING
"""

SET_STUDIOS = """
WITH wanted AS (
  SELECT s.id FROM studios s WHERE lower(s.name) IN (SELECT lower(name) FROM unnest($2::text[]) AS said (name))
), gone AS (
  DELETE FROM movie_studios WHERE movie_id = $1 AND studio_id NOT IN (SELECT id FROM wanted)
)
INSERT INTO movie_studios (movie_id, studio_id) SELECT $1, id FROM wanted ORDER BY id ON CONFLICT DO NOTHING
"""

STATEMENTS = {"genres": (ADD_GENRES, SET_GENRES), "studios": (ADD_STUDIOS, SET_STUDIOS)}


async def store_names(
    conn: Connection, kind: Literal["genres", "studios"], movie_id: int, names: Sequence[str]
) -> None:
    """Make `names` the set of a film's genres or studios; a name that exists in another case is that one."""
    add, replace = STATEMENTS[kind]
    await conn.execute(HOLD, NAMES_LOCK)
    await conn.execute(add, list(names))
    await conn.execute(replace, movie_id, list(names))
