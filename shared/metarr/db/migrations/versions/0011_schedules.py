"""What happens by the clock: tasks with their cron expressions

The rows are put in by the scheduler, not here: a task that a later version brings comes into every database the same way.
"""

from alembic import op

revision = "0011"
down_revision = "0010"

SCHEDULES = """
CREATE TABLE schedules (
  name text PRIMARY KEY,
  cron text NOT NULL,
  timezone text NOT NULL DEFAULT 'local',
  enabled boolean NOT NULL DEFAULT true,
  last_run_at timestamptz,
  last_job_ids bigint[] NOT NULL DEFAULT '{}',
  next_run_at timestamptz,
  updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE TRIGGER touch_updated_at BEFORE UPDATE ON schedules FOR EACH ROW EXECUTE FUNCTION touch_updated_at();
"""


def upgrade() -> None:
    op.execute(SCHEDULES)
