"""One run of one job, from payload to commit: what the handler's outcome means for the queue."""

import asyncio
import random
from collections.abc import Sequence
from datetime import timedelta

import msgspec

from metarr import queue
from metarr.db import CONFLICTS, Connection, Database
from metarr.errors import (
    DatabaseUnavailable,
    Discard,
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
_RESULT_FACTS = 5
"""How many facts a job's result shows; a scan of a large library states thousands."""


async def run_once(handler: Handler, work: Work) -> tuple[Recorded, bool]:
    """Run a handler and commit its effect with its facts, following jobs and completion.

    The answer: what is to be told and rung now, and whether dependents wait for this job. Raises what the handler raised, and
    LeaseLostError when another worker owns the job by now; then nothing was written.
    """
    try:
        outcome = await handler.handle(handler.decode(work.job.payload), work)
        facts = _facts(outcome)
        conn = await work.transaction()
        recorded = await record(conn, facts, priority=work.job.priority, trace_id=work.job.trace_id)
        has_dependents = await queue.complete(conn, work.job, _result(facts))
    except BaseException as error:
        await work.roll_back(error)
        raise
    await work.commit()
    return recorded, has_dependents


async def end_unfinished(db: Database, clock: Clock, job: ClaimedJob, error: BaseException) -> bool:
    """Write down how a job ended that did not complete; True when it failed for good or was discarded."""
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
        case asyncio.CancelledError() | DatabaseUnavailable():
            # Not the job's fault: a stop hands it back, a lost database is waited for.
            await queue.put_back(conn, job, None, after=None, counts=False)
        case Discard() | JobCancelledError():
            await queue.discard(conn, job, reason)
            return True
        case Transient() if job.retry_count < job.max_retries:
            await queue.put_back(conn, job, reason, after=_delay(error, job.retry_count), counts=True)
        case _ if isinstance(error, CONFLICTS) and job.retry_count < job.max_retries:
            await queue.put_back(conn, job, reason, after=backoff(job.retry_count), counts=True)
        case _:
            await queue.fail(conn, job, reason)
            return True
    return False


def _delay(error: Transient, retry_count: int) -> timedelta:
    asked = error.after if isinstance(error, Retry | ProviderRateLimited) else None
    return asked if asked is not None else backoff(retry_count)


def describe(error: BaseException) -> str:
    """One line for the person: our own errors speak for themselves, others name their type."""
    text = str(error).strip()
    return text if isinstance(error, MetarrError) and text else f"{type(error).__name__}: {text}".rstrip(": ")


def _facts(outcome: Outcome) -> tuple[AnyFact, ...]:
    if outcome is None:
        return ()
    return outcome if isinstance(outcome, tuple) else (outcome,)


def _result(facts: Sequence[AnyFact]) -> object:
    shown = [msgspec.to_builtins(fact) for fact in facts[-_RESULT_FACTS:]]
    return {"facts": shown, "count": len(facts)}
