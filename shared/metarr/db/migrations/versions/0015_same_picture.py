"""Which candidate stands for another one that is the same picture in another size or compression"""

from alembic import op

revision = "0015"
down_revision = "0014"

CANDIDATES = """
-- Nobody works while the house is being changed.
-- squawk-ignore adding-foreign-key-constraint
ALTER TABLE asset_candidates ADD COLUMN same_as bigint REFERENCES asset_candidates (id) ON DELETE SET NULL;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX idx_asset_candidates_same_as ON asset_candidates (same_as) WHERE same_as IS NOT NULL;
"""


def upgrade() -> None:
    op.execute(CANDIDATES)
