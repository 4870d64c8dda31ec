"""What the database keeps right by itself, also under cascades and hands-on SQL

Four rules. A row's `updated_at` moves with every change. The artwork columns of an entity are the truth and
asset_references follows them. `cache_assets.reference_count` counts every row that points at an asset, whoever deletes that
row. A row found by (entity_type, entity_id) goes when its entity goes, since no foreign key can see to that.
"""

from alembic import op

revision = "0009"
down_revision = "0008"

TOUCHED = (
    "libraries movies series seasons episodes artists albums tracks job_queue provider_config app_settings "
    "asset_candidates"
)
ARTWORK = {
    "movies": ("movie", "poster fanart logo clearart banner thumb discart"),
    "series": ("series", "poster fanart banner logo clearart thumb"),
    "seasons": ("season", "poster fanart banner thumb"),
    "episodes": ("episode", "thumb"),
    "artists": ("artist", "thumb fanart banner logo"),
    "albums": ("album", "thumb"),
}
COUNTED = (
    ("asset_references", "cache_asset_id"),
    ("trailers", "cache_asset_id"),
    ("subtitle_streams", "cache_asset_id"),
    ("actors", "thumb_id"),
    ("crew", "thumb_id"),
    ("movie_collections", "poster_id"),
    ("movie_collections", "fanart_id"),
)
ENTITIES = {
    "movies": "movie",
    "series": "series",
    "seasons": "season",
    "episodes": "episode",
    "artists": "artist",
    "albums": "album",
    "tracks": "track",
    "movie_collections": "collection",
    "actors": "actor",
    "libraries": "library",
}
LEFTOVERS = (
    "asset_references trailers video_streams audio_streams subtitle_streams playback_state local_files published_files "
    "metadata_answers asset_candidates field_history problems"
)

TOUCH_FUNCTION = """
CREATE FUNCTION touch_updated_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.updated_at := now();
  RETURN NEW;
END $$;
"""
TOUCH = """
CREATE TRIGGER touch_updated_at BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION touch_updated_at();
"""

# A changed count is also a use: last_accessed_at then tells since when an asset without references has been without them.
COUNT_FUNCTION = """
CREATE FUNCTION count_{column}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'INSERT' AND OLD.{column} IS NOT NULL THEN
    UPDATE cache_assets SET reference_count = greatest(reference_count - 1, 0), last_accessed_at = now()
    WHERE id = OLD.{column};
  END IF;
  IF TG_OP <> 'DELETE' AND NEW.{column} IS NOT NULL THEN
    UPDATE cache_assets SET reference_count = reference_count + 1, last_accessed_at = now()
    WHERE id = NEW.{column};
  END IF;
  RETURN NULL;
END $$;
"""
COUNT = """
CREATE TRIGGER count_{column}_new AFTER INSERT ON {table} FOR EACH ROW
  WHEN (NEW.{column} IS NOT NULL) EXECUTE FUNCTION count_{column}();
CREATE TRIGGER count_{column}_moved AFTER UPDATE OF {column} ON {table} FOR EACH ROW
  WHEN (NEW.{column} IS DISTINCT FROM OLD.{column}) EXECUTE FUNCTION count_{column}();
CREATE TRIGGER count_{column}_gone AFTER DELETE ON {table} FOR EACH ROW
  WHEN (OLD.{column} IS NOT NULL) EXECUTE FUNCTION count_{column}();
"""

ARTWORK_FUNCTION = """
CREATE FUNCTION refer_{table}_artwork() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM asset_references AS reference USING (VALUES {slots}) AS slot (asset_type, cache_asset_id)
  WHERE reference.entity_type = '{entity}' AND reference.entity_id = NEW.id
    AND reference.asset_type = slot.asset_type AND slot.cache_asset_id IS NULL;
  INSERT INTO asset_references (entity_type, entity_id, asset_type, cache_asset_id)
  SELECT '{entity}', NEW.id, slot.asset_type, slot.cache_asset_id
  FROM (VALUES {slots}) AS slot (asset_type, cache_asset_id) WHERE slot.cache_asset_id IS NOT NULL
  ON CONFLICT (entity_type, entity_id, asset_type) DO UPDATE SET cache_asset_id = excluded.cache_asset_id
  WHERE asset_references.cache_asset_id <> excluded.cache_asset_id;
  RETURN NULL;
END $$;
CREATE TRIGGER refer_artwork_new AFTER INSERT ON {table} FOR EACH ROW
  WHEN (num_nonnulls({new}) > 0) EXECUTE FUNCTION refer_{table}_artwork();
CREATE TRIGGER refer_artwork_moved AFTER UPDATE OF {columns} ON {table} FOR EACH ROW
  WHEN (({new}) IS DISTINCT FROM ({old})) EXECUTE FUNCTION refer_{table}_artwork();
"""

# One statement per table for all entities that a statement deleted: a cascade from a library stays a handful of statements.
FORGET = """
  DELETE FROM {table} AS leftover USING gone
  WHERE leftover.entity_type = TG_ARGV[0] AND leftover.entity_id = gone.id;"""
FORGET_FUNCTION = """
CREATE FUNCTION forget_entities() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN{statements}
  RETURN NULL;
END $$;
"""
FORGETS = """
CREATE TRIGGER forget_entities AFTER DELETE ON {table} REFERENCING OLD TABLE AS gone
  FOR EACH STATEMENT EXECUTE FUNCTION forget_entities('{entity}');
"""


def upgrade() -> None:
    _touch()
    _refer()
    _count()
    _forget()


def _touch() -> None:
    op.execute(TOUCH_FUNCTION)
    for table in TOUCHED.split():
        op.execute(TOUCH.format(table=table))


def _refer() -> None:
    for table, (entity, names) in ARTWORK.items():
        slots = names.split()
        op.execute(
            ARTWORK_FUNCTION.format(
                table=table,
                entity=entity,
                slots=", ".join(f"('{slot}', NEW.{slot}_id)" for slot in slots),
                columns=", ".join(f"{slot}_id" for slot in slots),
                new=", ".join(f"NEW.{slot}_id" for slot in slots),
                old=", ".join(f"OLD.{slot}_id" for slot in slots),
            )
        )


def _count() -> None:
    for column in dict.fromkeys(column for _, column in COUNTED):
        op.execute(COUNT_FUNCTION.format(column=column))
    for table, column in COUNTED:
        op.execute(COUNT.format(table=table, column=column))


def _forget() -> None:
    statements = "".join(FORGET.format(table=table) for table in LEFTOVERS.split())
    op.execute(FORGET_FUNCTION.format(statements=statements))
    for table, entity in ENTITIES.items():
        op.execute(FORGETS.format(table=table, entity=entity))
