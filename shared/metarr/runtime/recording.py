"""Recording facts: outbox rows and the jobs that follow, in the transaction that made them true."""

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct

from metarr.db import Connection
from metarr.db.queries.outbox import Outgoing, libraries_of, store_facts
from metarr.db.queries.settings import load_rows, settings_from
from metarr.messages import subjects
from metarr.messages.facts import AnyFact
from metarr.messages.jobs import Job
from metarr.pipeline import Next, Policy, after
from metarr.queue import Enqueued, NewJob, enqueue


class Recorded(Struct, frozen=True, kw_only=True):
    """What one transaction left to be told and rung after its commit."""

    facts: tuple[Outgoing, ...] = ()
    jobs: tuple[Enqueued, ...] = ()

    @property
    def services(self) -> tuple[str, ...]:
        return tuple(sorted({job.service for job in self.jobs}))


async def record(conn: Connection, facts: Sequence[AnyFact], *, priority: int, trace_id: str | None) -> Recorded:
    """Store facts and insert what the pipeline says follows, inside the caller's transaction.

    Following jobs take `priority` unless the pipeline names another; siblings that must come last wait for all others.
    """
    if not facts:
        return Recorded()
    policies = await _policies(conn, facts)
    following = [step for fact, policy in zip(facts, policies, strict=True) for step in after(fact, policy)]
    jobs = await _insert(conn, following, priority=priority, trace_id=trace_id)
    told = [(subjects.fact(fact), msgspec.json.encode(fact)) for fact in facts]
    return Recorded(facts=await store_facts(conn, told, trace_id), jobs=tuple(jobs))


def new_job(job: Job, *, priority: int, trace_id: str | None = None, **more: Any) -> NewJob:
    """The row of a job payload."""
    entity_type, entity_id = job.entity or (None, None)
    return NewJob(
        kind=type(job).__name__,
        service=job.service,
        job_type=job.job_type,
        payload=msgspec.to_builtins(job),
        priority=priority,
        max_retries=job.max_retries,
        entity_type=entity_type,
        entity_id=entity_id,
        unique_key=job.unique_key,
        trace_id=trace_id,
        **more,
    )


async def _insert(
    conn: Connection, following: Sequence[Next], *, priority: int, trace_id: str | None
) -> list[Enqueued]:
    first = [step for step in following if not step.after_siblings]
    last = [step for step in following if step.after_siblings]
    placed = await enqueue(conn, [new_job(s.job, priority=s.priority or priority, trace_id=trace_id) for s in first])
    siblings = tuple(sorted({job.id for job in placed}))
    waiting = [new_job(s.job, priority=s.priority or priority, trace_id=trace_id, depends_on=siblings) for s in last]
    return placed + await enqueue(conn, waiting)


async def _policies(conn: Connection, facts: Sequence[AnyFact]) -> list[Policy]:
    """One policy per fact, in two statements however many facts there are."""
    libraries = await libraries_of(conn, [fact.item[1] for fact in facts if fact.item[0] == "movie"])
    rows = await load_rows(conn)
    return [_policy(rows, _library_of(fact, libraries)) for fact in facts]


def _library_of(fact: AnyFact, libraries: dict[int, int]) -> int | None:
    if fact.item[0] == "library":
        return fact.item[1]
    return libraries.get(fact.item[1]) if fact.item[0] == "movie" else None


def _policy(rows: dict[str, str], library_id: int | None) -> Policy:
    settings = settings_from(rows, library_id)
    return Policy(auto_enrich=settings.auto_enrich, auto_publish=settings.auto_publish)
