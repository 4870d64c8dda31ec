"""Looks at the queue and at what it stands on; says something only where something is not as it should be."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

from metarr.db import Connection
from metarr.db.queries.pauses import PauseShown, list_pauses
from metarr.db.queries.schedules import database_time
from metarr.db.queries.system import (
    Failures,
    OpenTransaction,
    WorkerShown,
    count_silent_workers,
    facts_undeliverable,
    facts_untold,
    failed_lately,
    open_transactions,
)
from metarr.runtime import VERSION
from metarr_api.check import Check

LONG_TRANSACTION = timedelta(minutes=10)
CLOCKS_APART = timedelta(seconds=60)
_NAMED = 3
_WHERE = {"service": "queues", "library": "libraries", "provider": "providers"}


async def look_at_the_queue(
    conn: Connection, workers: Sequence[WorkerShown], now: Callable[[], datetime]
) -> list[Check]:
    """`workers` are those alive, `now` is our own clock."""
    return [
        *_pauses(await list_pauses(conn)),
        *_failures(await failed_lately(conn)),
        *_versions(workers),
        *_silent(await count_silent_workers(conn)),
        *_transactions(await open_transactions(conn, LONG_TRANSACTION)),
        *_clocks(await database_time(conn) - now()),
        *_untold(await facts_untold(conn)),
        *_undeliverable(*await facts_undeliverable(conn)),
    ]


def _pauses(pauses: Sequence[PauseShown]) -> Iterator[Check]:
    for pause in pauses:
        name = pause.scope.partition(":")[2]
        held = f"{pause.held} jobs wait" if pause.held != 1 else "1 job waits"
        yield Check(
            name=f"queue {name}" if pause.kind == "service" else f"pause {pause.scope}",
            state="warning",
            message=f"paused: {pause.reason}; {held}",
            remedy=f"POST /api/v1/{_WHERE[pause.kind]}/{name}/resume",
        )


def _failures(failures: Sequence[Failures]) -> Iterator[Check]:
    if failures:
        named = [f"{kind.jobs} {kind.kind} ({kind.reason or 'no reason is known'})" for kind in failures[:_NAMED]]
        more = sum(kind.jobs for kind in failures[_NAMED:])
        yield Check(
            name="failed jobs",
            state="warning",
            message=f"in the last day: {'; '.join(named)}{f'; {more} of other kinds' if more else ''}",
            remedy="GET /api/v1/jobs?status=failed tells why; POST /api/v1/jobs/{id}/retry when the cause is gone",
        )


def _versions(workers: Sequence[WorkerShown]) -> Iterator[Check]:
    others = [f"{worker.worker_id} is {worker.version}" for worker in workers if worker.version != VERSION]
    if others:
        yield Check(
            name="versions",
            state="warning",
            message=f"this is {VERSION}, but {', '.join(others)}",
            remedy="restart those with this version; jobs that only one version knows wait for it",
        )


def _silent(count: int) -> Iterator[Check]:
    if count:
        yield Check(
            name="silent workers",
            state="warning",
            message=f"{count} not heard of for 20 seconds",
            remedy="their logs tell why; what they ran is given to others as soon as any worker is alive",
        )


def _transactions(transactions: Sequence[OpenTransaction]) -> Iterator[Check]:
    for one in transactions:
        yield Check(
            name=f"transaction {one.pid}",
            state="warning",
            message=f"{one.who} has a transaction open for {one.age // timedelta(minutes=1)} min: "
            "dead rows of the queue cannot be cleaned up meanwhile",
            remedy=f"end that program's transaction, or SELECT pg_terminate_backend({one.pid})",
        )


def _clocks(ahead: timedelta) -> Iterator[Check]:
    if abs(ahead) > CLOCKS_APART:
        direction = "ahead of" if ahead > timedelta() else "behind"
        yield Check(
            name="clock",
            state="warning",
            message=f"PostgreSQL's clock is {abs(ahead) // timedelta(seconds=1)} s {direction} the clock here",
            remedy="let both machines follow a time server; retries and schedules go by PostgreSQL's clock",
        )


def _untold(count: int) -> Iterator[Check]:
    if count:
        yield Check(
            name="events",
            state="warning",
            message=f"{count} facts wait to be told",
            remedy="they are told as soon as NATS is back",
        )


def _undeliverable(count: int, reason: str) -> Iterator[Check]:
    if count:
        yield Check(
            name="undeliverable events",
            state="warning",
            message=f"{count} facts can never be told to listeners; of the last one: {reason}",
            remedy="nothing that was done is lost. Raise NATS' max_payload and set event_outbox.undeliverable to NULL to tell "
            "them, or delete those rows",
        )
