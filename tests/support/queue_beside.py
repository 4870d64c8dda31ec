"""The real queue and its model, moved together and compared after each step."""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from hypothesis.stateful import RuleBasedStateMachine, invariant

from metarr import queue
from metarr.db import Connection, Database
from metarr.queue import ClaimedJob, LeaseLostError, Line
from support.queue_laws import CLEAR, STEP, Table, check_laws, have_effect, look
from support.queue_model import DRAWN, ENDED, Job, Model
from support.queueing import KINDS, SERVICE

NAMES = ("one", "two", "three")
SCOPES = ("service:scanner", "library:1", "provider:tmdb")
LONG = 1_000_000
"""Minutes after which everything is due."""
ROUNDS = 200
"""More than any example needs until nothing moves."""


class SlowLine(Line):
    """Its patience is measured in steps of the model's clock."""

    PATIENCE = timedelta(minutes=60)


@dataclass(frozen=True, kw_only=True, slots=True)
class Hand:
    """A job in somebody's hands, rightly or not any more."""

    name: str
    worker: str
    claimed: ClaimedJob


class Beside(RuleBasedStateMachine):
    """What the rules are made of: each method does one thing to the table and to the model."""

    def __init__(self, runner: asyncio.Runner, db: Database) -> None:
        super().__init__()
        self.runner, self.db = runner, db
        self.model = Model()
        self.hands: list[Hand] = []
        self.desks: dict[str, str] = {}
        self.lines: dict[str, Line] = {}
        self.last: Table | None = None
        self.highest = 0
        self.sound = True
        self.runner.run(self.db.pool.execute(CLEAR))

    def do(self, *operations: Any) -> list[Any]:
        """Run each with a connection, all in one transaction; their answers."""

        async def together() -> list[Any]:
            async with self.db.transaction() as conn:
                return [await operation(conn) for operation in operations]

        self.sound = False
        answers = self.runner.run(together())
        self.sound = True
        return answers

    def refused(self, error: type[Exception], *operations: Any) -> None:
        """The same, and the queue must refuse it."""
        with pytest.raises(error):
            self.do(*operations)
        self.sound = True

    def job(self, place: int) -> Job:
        """Counted from the youngest."""
        youngest_first = list(reversed(self.model.jobs.values()))
        return youngest_first[place % len(youngest_first)]

    # Workers

    def desk(self, name: str) -> str:
        """The id of the worker of this name; the first look hires it."""
        return self.desks[name] if name in self.desks else self.hire(name)

    def hire(self, name: str) -> str:
        worker, before = f"{name}:{len(self.lines)}", self.desks.get(name)
        (replaced,) = self.do(lambda conn: _register(conn, worker, name))
        assert replaced == ([before] if before in self.model.alive else [])
        self.model.alive = (self.model.alive - {before}) | {worker}
        if replaced:
            self.model.rescue()
        self.desks[name], self.lines[worker] = worker, SlowLine()
        return worker

    def bury(self, name: str) -> None:
        worker = self.desk(name)
        counted = {worker: 0}
        buried, beats = self.do(lambda conn: queue.bury(conn, counted), lambda conn: queue.beat(conn, worker))
        assert (buried, beats) == (list({worker} & self.model.alive), False)
        self.model.alive.discard(worker)

    def rescue(self, *, told: bool) -> None:
        """`told`: no crash between the end of a job and the word to those who wait for it."""
        ((_, failed),) = self.do(queue.rescue)
        assert set(failed) == self.model.rescue()
        for job_id in failed if told else ():
            self.cancel_dependents(job_id)

    # Claiming and ending

    def claim_with(self, name: str, limit: int, most: int, kinds: Sequence[str], *, walk: bool) -> int:
        """Exactly what stands first in the line must come, in order; how many came."""
        worker = self.desk(name)
        line = self.lines[worker]
        if walk:
            line.walked(float("-inf"), 0.0)
        else:
            line.walked(0.0, float("inf"))
        assert line.begin(0.0, most=most) is walk
        expected = self._first(worker, kinds)[:limit]
        (claimed,) = self.do(lambda conn: queue.claim(conn, SERVICE, kinds, worker, limit=limit, line=line))
        assert [one.id for one in claimed] == [job.id for job in expected]
        for job, one in zip(expected, claimed, strict=True):
            self._start(job, one, worker)
        self.hands += [Hand(name=name, worker=worker, claimed=one) for one in claimed]
        return len(claimed)

    def take_over(self, name: str) -> None:
        """A worker that is alive claims what stands first."""
        if self.desk(name) not in self.model.alive:
            self.hire(name)
            self.check()
        self.claim_with(name, 5, 10, KINDS, walk=True)

    def _first(self, worker: str, kinds: Sequence[str]) -> list[Job]:
        if worker not in self.model.alive:
            return []
        levels = zip(*self.lines[worker].levels(), strict=True)
        return [job for level, mark in levels for job in self.model.claimable(level, mark, kinds)]

    def _start(self, job: Job, claimed: ClaimedJob, worker: str) -> None:
        self.model.start(job, worker)
        told = (claimed.lease, claimed.priority, claimed.payload, claimed.retry_count, claimed.crashes)
        assert told == (job.lease, job.priority, job.payload, job.retries, job.crashes)
        assert set(claimed.paused) == {scope for scope in self.model.pauses if not scope.startswith("service:")}

    def still_owns(self, hand: Hand) -> bool:
        return self.model.owns(hand.claimed.id, hand.claimed.lease)

    def take_hand(self, place: int) -> Hand | None:
        """What someone is about to end, rightly or not; where nobody has anything in hand, somebody claims first."""
        if not self.hands:
            self.take_over(NAMES[0])
            self.check()
        return self.hands.pop(-1 - place % len(self.hands)) if self.hands else None

    def end(self, hand: Hand, *operations: Any) -> Job | None:
        """Ends a job with these, which must be refused when another owns it by now; the job when it ended."""
        if self.still_owns(hand):
            self.do(*operations)
            return self.model.jobs[hand.claimed.id]
        self.refused(LeaseLostError, *operations)
        return None

    def release(self, parents: Collection[int]) -> None:
        self.do(lambda conn: queue.release(conn, sorted(parents)))
        self.model.release(parents)

    def cancel_dependents(self, parent: int) -> None:
        reason = f"job {parent} ended badly"
        self.do(lambda conn: queue.cancel_dependents(conn, parent, reason))
        self.model.cancel_dependents(parent, reason)

    # Time and upkeep

    def step(self, minutes: int) -> None:
        self.do(lambda conn: conn.execute(STEP, timedelta(minutes=minutes)))
        self.model.now += minutes

    def promote(self) -> None:
        self.do(queue.promote)
        self.model.promote()

    def pause(self, scope: str) -> None:
        self.do(lambda conn: queue.pause(conn, scope, "night"))
        self.model.pauses.add(scope)

    def resume(self, scope: str) -> None:
        self.do(lambda conn: queue.resume(conn, scope))
        self.model.pauses.discard(scope)
        self.model.unhold()

    def reconcile(self) -> None:
        """After the seconds that it leaves to those who ended the jobs."""
        self.step(1)
        self.do(queue.reconcile)
        rows = self.runner.run(look(self.db)).jobs
        self.model.reconcile({job_id: row["cancelled_by"] for job_id, row in rows.items()})

    # What must hold

    @invariant()
    def check(self) -> None:
        self.sound = False
        now = self.runner.run(look(self.db))
        check_laws(self.last, now)
        assert now.jobs.keys() == self.model.jobs.keys()
        assert (now.workers, now.pauses) == (self.model.alive, self.model.pauses)
        for job_id, row in now.jobs.items():
            self._compare(self.model.jobs[job_id], row)
            assert (now.open[job_id], now.met[job_id]) == (self.model.jobs[job_id].waits, self.model.jobs[job_id].met)
        self.highest = max([self.highest, *(row["ready_seq"] or 0 for row in now.jobs.values())])
        self.last = now
        self.sound = True

    def _compare(self, job: Job, row: dict[str, Any]) -> None:
        if job.place == DRAWN and row["ready_seq"] is not None:
            assert row["ready_seq"] > self.highest, f"job {job.id} has an old place"
            job.place = row["ready_seq"]
        assert {name: row[name] for name in job.shown()} == job.shown(), f"job {job.id}"
        assert row["status"] != "running" or row["worker_id"] == job.worker
        assert row["status"] != "pending" or row["due_in"] == _about(job.due, self.model.now)
        assert row["gathers_for"] == _about(job.until, self.model.now)

    def teardown(self) -> None:
        if self.sound:
            self._drain()

    def _drain(self) -> None:
        """When all crashes are over everything ends but what pauses hold; when they end too, that as well."""
        self.resume(SCOPES[0])
        for name in NAMES:
            self.bury(name)
        self.rescue(told=True)
        self.hands = []
        self.hire(NAMES[0])
        self.step(LONG)
        self._run_dry()
        for scope in SCOPES:
            self.resume(scope)
        self._run_dry()
        left = {job.id: job.status for job in self.model.jobs.values() if job.status not in ENDED}
        assert not left, f"stuck: {left}"

    def _run_dry(self) -> None:
        for _ in range(ROUNDS):
            self.promote()
            self.reconcile()
            self.check()
            if not self.claim_with(NAMES[0], 100, 10, KINDS, walk=True):
                return
            self.complete_all(NAMES[0])
        raise AssertionError(f"work without an end: {self.model.jobs}")

    def complete_all(self, name: str) -> None:
        """Everything that one worker has in its hands."""
        self.complete_those([hand for hand in self.hands if hand.worker == self.desks.get(name)])

    def complete_those(self, hands: Sequence[Hand]) -> None:
        self.hands = [hand for hand in self.hands if hand not in hands]
        owned = {hand.claimed.id for hand in hands if self.still_owns(hand)}

        async def complete_many(conn: Connection) -> set[int]:
            ended = await queue.complete_many(conn, [hand.claimed for hand in hands])
            for job_id in ended:
                await have_effect(conn, job_id)
            return set(ended)

        assert self.do(complete_many) == [owned]
        for job_id in owned:
            self.model.jobs[job_id].end("completed", None)
        self.release(owned)


async def _register(conn: Connection, worker: str, name: str) -> list[str]:
    return await queue.register(
        conn, worker, name=name, service=SERVICE, host="here", pid=1, version="test", kinds=KINDS
    )


def _about(moment: int | None, now: int) -> Any:
    """Minutes until then, as near as a slow machine measures them."""
    return None if moment is None else pytest.approx(moment - now, abs=15)
