"""One run of one job, from payload to commit: what the handler's outcome means for the queue."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

import msgspec

from metarr import queue
from metarr.db import CONFLICTS, Connection, Database
from metarr.db.queries.belonging import library_of
from metarr.errors import (
    DatabaseUnavailable,
    Discard,
    Hold,
    MetarrError,
    ProviderRateLimited,
    Retry,
    Snooze,
    Transient,
)
from metarr.messages.facts import AnyFact
from metarr.queue import ClaimedJob, LeaseLostError
from metarr.runtime.clock import Clock
from metarr.runtime.handlers import Handler, Outcome
from metarr.runtime.recording import Recorded, record
from metarr.runtime.work import JobCancelledError, Work

_FIRST_RETRY = 2.0
_LONGEST_RETRY = 300.0
_OUTAGE = timedelta(seconds=2)
_LIBRARY = "library:"
_RESULT_FACTS = 5
"""How many facts a job's result shows; a scan of a large library states thousands."""

type Complete = Callable[[ClaimedJob], Awaitable[bool]]


async def run_once(handler: Handler, work: Work, complete: Complete | None = None) -> tuple[Recorded, bool]:
    """Run a handler and commit its effect with its facts, following jobs and completion.

    The answer: what is to be told and rung now, and whether dependents wait for this job. A job that wrote nothing and has
    nothing to tell may be completed with others by `complete`. Raises what the handler raised, Hold when the job's library is
    paused, and LeaseLostError when another worker owns the job by now; then nothing was written.
    """
    try:
        await _respect_pauses(work)
        facts = _facts(await handler.handle(handler.decode(work.job.payload), work))
        if complete is not None and not facts and not work.wrote:
            return Recorded(), await complete(work.job)
        conn = await work.transaction()
        recorded = await record(conn, facts, priority=work.job.priority, trace_id=work.job.trace_id)
        has_dependents = await queue.complete(conn, work.job, _result(facts))
        await work.reached("written", work.job)
    except BaseException as error:
        await work.roll_back(error)
        raise
    await work.commit()
    return recorded, has_dependents


async def end_unfinished(db: Database, clock: Clock, job: ClaimedJob, error: BaseException) -> bool:
    """Write down how a job ended that did not complete; True when it ended for good and others wait for it."""
    async with db.transaction() as conn:
        try:
            return await _steer(conn, clock, job, error)
        except LeaseLostError:
            return False


def backoff(retry_count: int) -> timedelta:
    """2 s, 4 s, 8 s … up to 5 min, each shortened by up to a quarter so that a herd spreads out."""
    seconds = min(_FIRST_RETRY * 2**retry_count, _LONGEST_RETRY)
    return timedelta(seconds=seconds * random.uniform(0.75, 1.0))  # noqa: S311 - jitter, not a secret


async def _steer(conn: Connection, clock: Clock, job: ClaimedJob, error: BaseException) -> bool:
    reason = describe(error)
    match error:
        case Snooze():
            await queue.put_back(conn, job, reason, after=max(error.until - clock.now(), timedelta()), counts=False)
        case Hold():
            await queue.put_back(conn, job, reason, after=None, counts=False, held_by=error.scope)
        case asyncio.CancelledError():
            # A stop hands it back.
            await queue.put_back(conn, job, None, after=None, counts=False)
        case DatabaseUnavailable():
            # Not the job's fault; the pause keeps a database that only half answers from being asked without end.
            await queue.put_back(conn, job, reason, after=_OUTAGE, counts=False)
        case Discard() | JobCancelledError():
            return await queue.discard(conn, job, reason)
        case Transient() if job.retry_count < job.max_retries:
            await queue.put_back(conn, job, reason, after=_delay(error, job.retry_count), counts=True)
        case _ if isinstance(error, CONFLICTS) and job.retry_count < job.max_retries:
            await queue.put_back(conn, job, reason, after=backoff(job.retry_count), counts=True)
        case _:
            return await queue.fail(conn, job, reason)
    return False


def _delay(error: Transient, retry_count: int) -> timedelta:
    asked = error.after if isinstance(error, Retry | ProviderRateLimited) else None
    return asked if asked is not None else backoff(retry_count)


def describe(error: BaseException) -> str:
    """One line for the person: our own errors speak for themselves, others name their type."""
    text = str(error).strip()
    return text if isinstance(error, MetarrError) and text else f"{type(error).__name__}: {text}".rstrip(": ")


async def _respect_pauses(work: Work) -> None:
    """Raises Hold for a job of a paused library. Which library that is, is asked only while one is paused."""
    job = work.job
    if job.entity_type is None or job.entity_id is None or not any(s.startswith(_LIBRARY) for s in job.paused):
        return
    async with work.read() as conn:
        library = await library_of(conn, job.entity_type, job.entity_id)
    work.ensure_not_paused(f"{_LIBRARY}{library}")


def _facts(outcome: Outcome) -> tuple[AnyFact, ...]:
    if outcome is None:
        return ()
    return outcome if isinstance(outcome, tuple) else (outcome,)


def _result(facts: Sequence[AnyFact]) -> object:
    if not facts:
        return None
    shown = [msgspec.to_builtins(fact) for fact in facts[-_RESULT_FACTS:]]
    return {"facts": shown, "count": len(facts)}
