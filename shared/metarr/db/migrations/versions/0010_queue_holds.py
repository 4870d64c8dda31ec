"""Jobs held by a pause, liveness without a clock, facts that no stream takes

`held_by` keeps what belongs to a paused library or provider out of the line. A worker is alive while its `beats` grow, so that
no set of the clock buries it; `name` is what it is called from start to start. The two indexes that cost every claim and every
completion an entry and served no claim are given up: one is replaced by ranges of blocks, the other by the primary key.
"""

from alembic import op

revision = "0010"
down_revision = "0009"

JOBS = """
ALTER TABLE job_queue ADD COLUMN held_by text;
-- Never written.
-- squawk-ignore ban-drop-column
ALTER TABLE job_queue DROP COLUMN run_at;
-- squawk-ignore require-concurrent-index-deletion
DROP INDEX idx_jobs_type;
-- squawk-ignore require-concurrent-index-deletion
DROP INDEX idx_jobs_created;
-- squawk-ignore require-concurrent-index-deletion
DROP INDEX idx_jobs_entity;
-- Nobody works while the house is being changed, and the table is pruned.
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX idx_jobs_created ON job_queue USING brin (created_at);
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX idx_jobs_entity ON job_queue (entity_type, entity_id) WHERE entity_id IS NOT NULL;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX idx_jobs_held ON job_queue (held_by, id) WHERE status = 'pending' AND held_by IS NOT NULL;
"""

WORKERS = """
ALTER TABLE workers ADD COLUMN name text NOT NULL DEFAULT '';
ALTER TABLE workers ADD COLUMN beats bigint NOT NULL DEFAULT 0;
"""

EVENTS = """
ALTER TABLE event_outbox ADD COLUMN undeliverable text;
"""


def upgrade() -> None:
    op.execute(JOBS)
    op.execute(WORKERS)
    op.execute(EVENTS)
