"""What happens by the clock."""

from datetime import datetime

from sqlalchemy import ARRAY, BigInteger
from sqlalchemy.orm import Mapped, mapped_column

from metarr.db.models.base import Base, Enabled, Now


class Schedule(Base):
    """A task and when it comes; `timezone` is an IANA name, or `local` for that of the server.

    Written by the scheduler of metarr.runtime; cron, timezone and enabled by the API. last_run_at is when its time
    was last served, last_job_ids what that put in the line the last time it put anything there; next_run_at is empty while the
    task is switched off or not understood.
    """

    __tablename__ = "schedules"

    name: Mapped[str] = mapped_column(primary_key=True)
    cron: Mapped[str]
    timezone: Mapped[str] = mapped_column(server_default="local")
    enabled: Mapped[Enabled]
    last_run_at: Mapped[datetime | None]
    last_job_ids: Mapped[list[int]] = mapped_column(ARRAY(BigInteger), server_default="{}")
    next_run_at: Mapped[datetime | None]
    updated_at: Mapped[Now]
