"""Prunes the history of jobs and webhooks, so that the tables stay as small as what people still look at."""

from datetime import timedelta

from metarr.db.queries.prune import prune_jobs, prune_webhook_events
from metarr.db.queries.settings import load_settings
from metarr.messages.facts import HistoryPruned
from metarr.runtime import Work

BATCH = 1000
"""Rows at most in one transaction."""


async def prune(work: Work) -> HistoryPruned:
    """Delete one batch of what is older than the settings allow."""
    now = work.clock.now()
    async with work.write() as conn:
        settings = await load_settings(conn, None)
        completed_before = now - timedelta(days=settings.history_completed_days)
        failed_before = now - timedelta(days=settings.history_failed_days)
        jobs = await prune_jobs(conn, completed_before=completed_before, failed_before=failed_before, limit=BATCH)
        events = await prune_webhook_events(conn, before=failed_before, limit=BATCH - jobs)
    return HistoryPruned(jobs=jobs, webhook_events=events, more=jobs + events == BATCH)
