"""The looks of stored pictures, narrow enough to find the one that looks like another among a million

A perceptual hash is cut into four bands of 16 bits, each with an index of its own (see metarr.db.queries.looks). An index holds all
that a lookup reads: its thousand rows come from some seventy pages, not from a page of the table each. The table stands beside
cache_assets, because that one changes with every count: four more indexes there would be written each time. The trigger keeps it
right, whoever writes a hash; what is not 16 hex digits is like nothing.
"""

from alembic import op

revision = "0012"
down_revision = "0011"

LOOKS = """
CREATE TABLE asset_looks (
  cache_asset_id bigint PRIMARY KEY REFERENCES cache_assets (id) ON DELETE CASCADE,
  bits bigint NOT NULL
);
CREATE INDEX idx_asset_looks_band_1 ON asset_looks (((bits >> 48) & 65535)) INCLUDE (bits, cache_asset_id);
CREATE INDEX idx_asset_looks_band_2 ON asset_looks (((bits >> 32) & 65535)) INCLUDE (bits, cache_asset_id);
CREATE INDEX idx_asset_looks_band_3 ON asset_looks (((bits >> 16) & 65535)) INCLUDE (bits, cache_asset_id);
CREATE INDEX idx_asset_looks_band_4 ON asset_looks ((bits & 65535)) INCLUDE (bits, cache_asset_id);
"""

KEEP = """
CREATE FUNCTION keep_look() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.perceptual_hash ~ '^[0-9a-f]{16}$' THEN
    INSERT INTO asset_looks (cache_asset_id, bits)
    VALUES (NEW.id, ('x' || NEW.perceptual_hash)::bit(64)::bigint)
    ON CONFLICT (cache_asset_id) DO UPDATE SET bits = excluded.bits;
  ELSE
    DELETE FROM asset_looks WHERE cache_asset_id = NEW.id;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER keep_look_new AFTER INSERT ON cache_assets FOR EACH ROW
  WHEN (NEW.perceptual_hash IS NOT NULL) EXECUTE FUNCTION keep_look();
CREATE TRIGGER keep_look_changed AFTER UPDATE OF perceptual_hash ON cache_assets FOR EACH ROW
  WHEN (NEW.perceptual_hash IS DISTINCT FROM OLD.perceptual_hash) EXECUTE FUNCTION keep_look();
"""

FILL = """
INSERT INTO asset_looks (cache_asset_id, bits)
SELECT id, ('x' || perceptual_hash)::bit(64)::bigint FROM cache_assets WHERE perceptual_hash ~ '^[0-9a-f]{16}$';
"""


def upgrade() -> None:
    op.execute(LOOKS)
    op.execute(KEEP)
    op.execute(FILL)
