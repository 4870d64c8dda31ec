"""Which library something belongs to, whatever kind of thing it is."""

from metarr.db.database import Connection

# As an expression over an (entity_type, entity_id) pair, for use inside other statements.
LIBRARY_OF = """
CASE {entity_type}
  WHEN 'library' THEN {entity_id}
  WHEN 'movie' THEN (SELECT library_id FROM movies WHERE id = {entity_id})
  WHEN 'series' THEN (SELECT library_id FROM series WHERE id = {entity_id})
  WHEN 'season' THEN (SELECT s.library_id FROM seasons AS n JOIN series AS s ON s.id = n.series_id WHERE n.id = {entity_id})
  WHEN 'episode' THEN (SELECT s.library_id FROM episodes AS e JOIN series AS s ON s.id = e.series_id WHERE e.id = {entity_id})
  WHEN 'artist' THEN (SELECT library_id FROM artists WHERE id = {entity_id})
  WHEN 'album' THEN (SELECT a.library_id FROM albums AS b JOIN artists AS a ON a.id = b.artist_id WHERE b.id = {entity_id})
  WHEN 'track' THEN (SELECT a.library_id FROM tracks AS t JOIN albums AS b ON b.id = t.album_id
                     JOIN artists AS a ON a.id = b.artist_id WHERE t.id = {entity_id})
END
"""

_ONE = f"SELECT {LIBRARY_OF.format(entity_type='$1::text', entity_id='$2::bigint')}"


async def library_of(conn: Connection, entity_type: str, entity_id: int) -> int | None:
    """The id of the library that holds this item; None for what belongs to none, or is gone."""
    found = await conn.fetchval(_ONE, entity_type, entity_id)
    return None if found is None else int(found)
