"""What is known of the state of stored files: when each was last whole, since when it is lost, what each part of the store held

A file is whole when it comes in, so an old row counts as seen now. Published files are found by their bytes: they are the second
copy of a picture that the store has lost. An NFO that carries on what others wrote into it has a second copy too.
"""

from alembic import op

revision = "0014"
down_revision = "0012"

ASSETS = """
ALTER TABLE cache_assets ADD COLUMN verified_at timestamptz NOT NULL DEFAULT now();
ALTER TABLE cache_assets ADD COLUMN lost_at timestamptz;
-- Nobody works while the house is being changed.
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX idx_cache_assets_verified ON cache_assets (verified_at) WHERE lost_at IS NULL;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX idx_published_files_hash ON published_files (content_hash);
ALTER TABLE published_files ADD COLUMN carried bytea;
"""

PARTS = """
CREATE TABLE store_parts (
  part integer PRIMARY KEY CHECK (part BETWEEN 0 AND 255),
  checked_at timestamptz NOT NULL,
  pictures integer NOT NULL,
  lost integer NOT NULL,
  unknown_files integer NOT NULL,
  unknown_bytes bigint NOT NULL
);
"""


def upgrade() -> None:
    op.execute(ASSETS)
    op.execute(PARTS)
