"""What the queue should do, with nothing but memory: jobs, who waits for whom, and one method for each thing that can happen.

Times are minutes of the model's own clock. A place in the line is known only by the table; `DRAWN` says that this step must have
drawn a new one.
"""

from collections.abc import Collection, Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from typing import Any

DRAWN = -1
"""A place that was drawn in this step: behind all places before."""
BADLY = frozenset({"failed", "cancelled"})
ENDED = BADLY | {"completed"}
MOST_CRASHES = 3
URGENT = 2


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """A wish as the queue gets it. `due` is None for now, `until` the latest time of one that gathers."""

    kind: str
    priority: int
    key: str | None
    payload: dict[str, Any]
    parents: tuple[int, ...]
    due: int | None
    until: int | None


@dataclass(kw_only=True, slots=True)
class Job:
    """A row of job_queue. `waits` are its open edges, `met` those that were satisfied."""

    id: int
    kind: str
    key: str | None
    priority: int
    payload: dict[str, Any]
    created: int
    due: int | None
    until: int | None
    place: int | None
    status: str = "pending"
    reason: str | None = None
    held: str | None = None
    waits: set[int] = field(default_factory=set)
    met: set[int] = field(default_factory=set)
    worker: str | None = None
    lease: int = 0
    retries: int = 0
    crashes: int = 0
    unwanted: bool = False
    cancelled_by: int | None = None

    def stand_in_line(self) -> None:
        """A place, when nothing else is between the job and its start."""
        free = not self.waits and self.due is None and self.held is None
        self.place = DRAWN if free else None

    def end(self, status: str, reason: str | None) -> None:
        self.status, self.reason, self.place, self.held = status, reason, None, None

    def shown(self) -> dict[str, Any]:
        """What the columns must say."""
        return {
            "status": self.status,
            "error_message": self.reason,
            "ready_seq": self.place,
            "priority": self.priority,
            "payload": self.payload,
            "held_by": self.held,
            "lease": self.lease,
            "attempts": self.lease,
            "retry_count": self.retries,
            "crashes": self.crashes,
            "cancel_requested": self.unwanted,
            "cancelled_by": self.cancelled_by,
        }


class Model:
    """The whole queue of one service."""

    def __init__(self) -> None:
        self.jobs: dict[int, Job] = {}
        self.pauses: set[str] = set()
        self.alive: set[str] = set()
        self.now = 0

    # Asking

    def refuses(self, requests: Iterable[Request]) -> bool:
        """Whether one of them waits for what does not come, or for what waits for it."""
        trial = deepcopy(self)
        for number, request in enumerate(requests, 1):
            if any(p not in self.jobs or self.jobs[p].status in BADLY for p in request.parents):
                return True
            trial.ask(request, -number)
        try:
            TopologicalSorter({job.id: job.waits for job in trial.jobs.values()}).prepare()
        except CycleError:
            return True
        return False

    def ask(self, request: Request, fresh_id: int) -> tuple[int, bool]:
        """The job that does it, and whether that is a new one."""
        twin = self.pending(request.key)
        if twin is None:
            job = self.jobs[fresh_id] = self._fresh(request, fresh_id)
        else:
            job = twin
            self._absorb(job, request)
        edges = {p for p in request.parents if p != job.id and self.jobs[p].status != "completed"} - job.waits
        if edges:
            job.waits |= edges
            job.place = None
        return job.id, twin is None

    def _fresh(self, request: Request, fresh_id: int) -> Job:
        return Job(
            id=fresh_id,
            kind=request.kind,
            key=request.key,
            priority=request.priority,
            payload=request.payload,
            created=self.now,
            due=request.due,
            until=request.until,
            place=DRAWN if request.due is None else None,
        )

    @staticmethod
    def _absorb(job: Job, request: Request) -> None:
        more_urgent = request.priority < job.priority
        flags = {name: True for payload in (job.payload, request.payload) for name, up in payload.items() if up is True}
        job.payload = (request.payload if request.priority <= job.priority else job.payload) | flags
        job.priority = min(job.priority, request.priority)
        if job.place is not None:
            job.place = DRAWN if more_urgent else job.place
        elif job.due is not None and (request.priority <= URGENT or job.retries == 0):
            job.due = _sooner(job, request)
            job.stand_in_line()

    def pending(self, key: str | None) -> Job | None:
        """Who waits under this key."""
        return next((j for j in self.jobs.values() if key is not None and j.key == key and j.status == "pending"), None)

    # Who waits for whom

    def below(self, job_id: int) -> set[int]:
        """All that wait for it, directly or not."""
        return self._reach({job.id for job in self.jobs.values() if job_id in job.waits}, self._children)

    def _above(self, job_id: int) -> set[int]:
        return self._reach(set(self.jobs[job_id].waits), lambda parent: self.jobs[parent].waits)

    def _children(self, parent: int) -> set[int]:
        return {job.id for job in self.jobs.values() if parent in job.waits}

    @staticmethod
    def _reach(found: set[int], step: Any) -> set[int]:
        front = set(found)
        while front:
            front = {job for known in front for job in step(known)} - found
            found |= front
        return found

    def release(self, parents: Collection[int]) -> None:
        """Each open edge counts once."""
        for job in self.jobs.values():
            freed = job.waits & set(parents)
            job.waits -= freed
            job.met |= freed
            if freed and job.due is not None and job.due <= self.now:
                job.due = None
            if freed and job.status == "pending":
                job.stand_in_line()

    def cancel_dependents(self, parent: int, reason: str) -> None:
        for job_id in self.below(parent):
            if self.jobs[job_id].status == "pending":
                self.jobs[job_id].end("cancelled", reason)
                self.jobs[job_id].cancelled_by = parent

    def _inherit(self, job: Job, twin: Job) -> None:
        """Who waited for a job that gave way waits for its twin, except what the twin itself waits for."""
        for child in self._children(job.id) - self._above(twin.id) - {twin.id}:
            self.jobs[child].waits = (self.jobs[child].waits - {job.id}) | {twin.id}

    def reconcile(self, blamed: Mapping[int, int | None]) -> None:
        """Where a job waits for several that ended badly any of them may be `blamed`."""
        told = {p for job in self.jobs.values() if job.status == "pending" for p in job.waits}
        badly = {p for p in told if self.jobs[p].status in BADLY}
        completed = {p for p in told if self.jobs[p].status == "completed"}
        lost = {child: p for p in badly for child in self.below(p) if self.jobs[child].status == "pending"}
        for child in lost:
            by = blamed[child]
            assert by in badly, f"{child} was cancelled for {by}"
            assert child in self.below(by), f"{child} does not wait for {by}, for which it was cancelled"
            self.jobs[child].end("cancelled", f"job {by}, which this one waited for, did not complete")
            self.jobs[child].cancelled_by = by
        self.release(completed)

    # Running

    def claimable(self, level: int, mark: int, kinds: Collection[str]) -> list[Job]:
        busy = {job.key for job in self.jobs.values() if job.status == "running" and job.key is not None}
        line = [job for job in self.standing(level, mark) if job.kind in kinds and job.key not in busy]
        return [] if "service:scanner" in self.pauses else line

    def standing(self, level: int, mark: int) -> list[Job]:
        """A level of the line from the mark on, in order."""
        line = [(job.place, job) for job in self.jobs.values() if job.place is not None and job.priority == level]
        return [job for place, job in sorted(line, key=lambda one: one[0]) if place >= mark]

    def start(self, job: Job, worker: str) -> None:
        job.status, job.place, job.worker = "running", None, worker
        job.lease += 1

    def owns(self, job_id: int, lease: int) -> bool:
        return self.jobs[job_id].status == "running" and self.jobs[job_id].lease == lease

    def put_back(self, job: Job, reason: str | None, *, after: int | None, counts: bool, held: str | None) -> None:
        twin = self.pending(job.key)
        job.retries += counts
        job.due = None if after is None else self.now + after
        if twin is not None:
            self._give_way(job, twin)
        else:
            job.status, job.reason, job.held = "pending", reason, held
            job.stand_in_line()

    def _give_way(self, job: Job, twin: Job) -> None:
        job.end("cancelled", f"replaced by job {twin.id}")
        self._inherit(job, twin)
        if self._children(job.id) and job.crashes < MOST_CRASHES:
            job.status, job.key, job.reason = "pending", None, None
            job.stand_in_line()

    def take_back(self, worker: str, lost: Collection[int]) -> None:
        for job_id in sorted(lost):
            job = self.jobs[job_id]
            if job.status == "running" and job.worker == worker:
                self.put_back(job, None, after=None, counts=False, held=None)

    def rescue(self) -> set[int]:
        """Who failed for good."""
        orphans = [job for job in self.jobs.values() if job.status == "running" and job.worker not in self.alive]
        failed = set()
        for job in orphans:
            job.crashes += 1
            twin = self.pending(job.key)
            if twin is not None:
                self._give_way(job, twin)
            elif job.crashes >= MOST_CRASHES:
                job.end("failed", f"its worker died {job.crashes} times while it ran")
                failed.add(job.id)
            else:
                job.status, job.reason = "pending", "its worker died"
                job.stand_in_line()
        return failed

    # Times and pauses

    def promote(self) -> None:
        for job in self.jobs.values():
            if job.status == "pending" and not job.waits and job.due is not None and job.due <= self.now:
                job.due = None
                job.stand_in_line()

    def unhold(self) -> None:
        for job in self.jobs.values():
            if job.held is not None and job.held not in self.pauses:
                job.held = None
                job.stand_in_line()

    # A person

    def can_retry(self, job: Job) -> bool:
        return (
            job.status in BADLY
            and not any(self.jobs[parent].status in BADLY for parent in job.waits)
            and self.pending(job.key) is None
        )

    def retry(self, job: Job) -> None:
        job.status, job.reason, job.due, job.cancelled_by = "pending", None, None, None
        job.retries = job.crashes = 0
        job.unwanted = False
        job.priority = min(job.priority, URGENT)
        job.stand_in_line()
        for other in sorted(self.jobs.values(), key=lambda one: -one.id):
            if other.cancelled_by == job.id and other.status == "cancelled" and self.pending(other.key) is None:
                other.status, other.reason, other.cancelled_by = "pending", None, None
                other.stand_in_line()


def _sooner(job: Job, request: Request) -> int | None:
    """When a job that waits for a time starts after one more request."""
    assert job.due is not None
    if request.due is None:
        return None
    if job.retries > 0:
        return job.due
    if request.until is None or job.until is None:
        return min(job.due, request.due)
    return min(request.due, job.until)
