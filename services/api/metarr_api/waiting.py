"""Why a job waits, in words for a person."""

from metarr.db.queries.jobs_view import JobRow, Waiting

_COUNTED = 1000


def why(job: JobRow) -> str | None:
    """The first thing that stands between a job and its start; None for a job that does not wait."""
    waiting = job.waiting
    if waiting is None:
        return None
    return _for_a_job(waiting) or _for_a_time(job) or _for_its_turn(job, waiting)


def _for_a_job(waiting: Waiting) -> str | None:
    if waiting.parent is None:
        return None
    parent = waiting.parent
    about = f' "{parent.title}"' if parent.title else ""
    more = f" and {waiting.parents - 1} more" if waiting.parents > 1 else ""
    return f"waits for job {parent.id} ({parent.kind}{about}){more}"


def _for_a_time(job: JobRow) -> str | None:
    if job.next_retry_at is None:
        return None
    at = f"{job.next_retry_at:%Y-%m-%d %H:%M:%S} UTC"
    because = f": {job.error_message}" if job.error_message else ""
    if job.retry_count:
        return f"retry {job.retry_count} of {job.max_retries} at {at}{because}"
    return f"waits until {at}{because}"


def _for_its_turn(job: JobRow, waiting: Waiting) -> str:
    if waiting.paused:
        return f"{job.service} is paused"
    if not waiting.alive:
        return f"no {job.service} that can do this is running"
    if waiting.twin is not None:
        return f"waits for job {waiting.twin}, which does the same work now"
    if waiting.ahead:
        count = f"{waiting.ahead}" if waiting.ahead < _COUNTED else f"more than {_COUNTED}"
        return f"waits behind {count} more urgent or older job{'s' if waiting.ahead > 1 else ''} of {job.service}"
    return f"is next for {job.service}"
