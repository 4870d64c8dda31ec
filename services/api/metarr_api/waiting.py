"""Why a job waits, in words for a person: the first thing that stands between it and its start, or its going on."""

import re
from datetime import UTC, datetime

from metarr.db.queries.jobs_view import MOST_AHEAD, JobRow, ParentWaitedFor, Waiting
from metarr.runtime.work import Progress

_KINDS = {
    "ReceiveWebhook": "webhook",
    "ScanLibrary": "scan",
    "ScanFolder": "scan folders of",
    "EnrichItem": "enrich",
    "CacheAssets": "artwork of",
    "ChooseArtwork": "choose artwork of",
    "PublishItem": "publish",
    "VerifyItem": "verify",
    "VerifyLibrary": "verify",
    "RemovePublished": "remove files from",
    "EmptyRecycleBin": "empty the recycle bin of",
}
"""How a kind is called in front of what it is about; any other by its own words."""
_WORD = re.compile(r"(?<=[a-z])(?=[A-Z])")


def why(job: JobRow, progress: Progress | None = None) -> str | None:
    """One sentence; None for a job that has ended, or is at work."""
    waiting = job.waiting
    if waiting is None:
        return progress.doing if progress is not None and progress.waits else None
    return (
        _for_a_job(waiting)
        or _for_a_pause(waiting)
        or _for_a_time(job, waiting)
        or _for_a_worker(job, waiting)
        or _for_its_twin(waiting)
        or _for_its_turn(job, waiting)
    )


def _for_a_job(waiting: Waiting) -> str | None:
    if waiting.parent is None:
        return None
    more = f" and {waiting.parents - 1} more" if waiting.parents > 1 else ""
    return f'waits for job {waiting.parent.id} ("{_called(waiting.parent)}"){more}'


def _called(job: ParentWaitedFor) -> str:
    words = _KINDS.get(job.kind) or _WORD.sub(" ", job.kind).lower()
    return f"{words} {job.title}" if job.title else words.removesuffix(" of").removesuffix(" from")


def _for_a_pause(waiting: Waiting) -> str | None:
    pause = waiting.pause
    if pause is None:
        return f"goes on in a moment: {_scope(waiting.held_by)} is resumed" if waiting.held_by else None
    because = f": {pause.reason}" if pause.reason else ""
    return f"{_scope(pause.scope, pause.title)} is paused{because}"


def _scope(scope: str, title: str | None = None) -> str:
    kind, _, name = scope.partition(":")
    return f'library {name} ("{title}")' if title else f"library {name}" if kind == "library" else name


def _for_a_time(job: JobRow, waiting: Waiting) -> str | None:
    if waiting.until is None:
        return None
    at = _moment(waiting.until, waiting.now)
    if waiting.gathers:
        return f"gathers further requests until {at}"
    because = f": {job.error_message}" if job.error_message else ""
    if job.retry_count:
        return f"retry {job.retry_count} of {job.max_retries} at {at}{because}"
    return f"waits until {at}{because}"


def _moment(at: datetime, now: datetime) -> str:
    """The time, and the day where it is not today."""
    here = at.astimezone(UTC)
    return f"{here:%H:%M:%S} UTC" if here.date() == now.astimezone(UTC).date() else f"{here:%Y-%m-%d %H:%M:%S} UTC"


def _for_a_worker(job: JobRow, waiting: Waiting) -> str | None:
    if not waiting.workers:
        return f"no {job.service} is running"
    return None if waiting.able else f"no {job.service} of this version knows {job.kind}"


def _for_its_twin(waiting: Waiting) -> str | None:
    return None if waiting.twin is None else f"waits for job {waiting.twin}, which does the same work now"


def _for_its_turn(job: JobRow, waiting: Waiting) -> str:
    busy = f"; {_count(waiting.running, 'job')} of {job.service} run{'s' * (waiting.running == 1)} now"
    now = busy if waiting.running else ""
    if not waiting.urgent and not waiting.older:
        return f"is next for {job.service}{now}"
    urgent = _count(waiting.urgent, "more urgent job") if waiting.urgent else ""
    older = f"{_count(waiting.older, 'older one' if urgent else 'older job')}" if waiting.older else ""
    return f"waits for a slot behind {' and '.join(filter(None, (urgent, older)))}{now}"


def _count(number: int, what: str) -> str:
    counted = str(number) if number < MOST_AHEAD else f"at least {MOST_AHEAD}"
    return f"{counted} {what}{'s' if number != 1 else ''}"
