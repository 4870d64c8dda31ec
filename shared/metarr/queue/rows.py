"""What goes into the queue and what comes out of it; nothing here knows what a job means."""

from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct


class Debounce(Struct, frozen=True, kw_only=True):
    """Let requests gather: start `wait` after the last one, but never later than `most` after the first."""

    wait: timedelta
    most: timedelta


class NewJob(Struct, frozen=True, kw_only=True):
    """A job to be put in the line.

    `run_at` None means now; `debounce` takes its place and needs a unique key to gather by. `depends_on` are ids of older
    jobs that must complete first.
    """

    kind: str
    service: str
    job_type: str
    payload: dict[str, Any]
    priority: int = 5
    max_retries: int = 3
    entity_type: str | None = None
    entity_id: int | None = None
    unique_key: str | None = None
    trace_id: str | None = None
    run_at: datetime | None = None
    debounce: Debounce | None = None
    depends_on: tuple[int, ...] = ()


class Enqueued(Struct, frozen=True, kw_only=True):
    """Where a new job ended up: `fresh` is False when a waiting job with the same unique key took its place."""

    id: int
    service: str
    fresh: bool


class ClaimedJob(Struct, frozen=True, kw_only=True):
    """A job in a worker's hands. `lease` is the fence: only who holds this number may end the job.

    `paused` are the scopes (`library:3`, `provider:tmdb`) that stood still when it was claimed.
    """

    id: int
    kind: str
    payload: dict[str, Any]
    priority: int
    lease: int
    attempts: int
    retry_count: int
    max_retries: int
    crashes: int
    trace_id: str | None
    unique_key: str | None
    entity_type: str | None
    entity_id: int | None
    paused: tuple[str, ...] = ()
