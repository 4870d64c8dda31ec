"""The worker loop of a service: claim what can start now, run it, tell what follows; upkeep of the queue beside it.

Every wait has an end without NATS: the doorbell only makes it short. Slots bound what is claimed, so a worker never sits
on work that another could start; a quarter of them, at least one of several, is kept for priority 1 and 2. Of jobs that were
running when a worker died only one at a time is taken, so that the one that kills is found and the others are not blamed.
Losing PostgreSQL stops claiming, lets what runs fail or finish, and goes on when it is back.
"""

import asyncio
import os
import random
import socket
import uuid
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta

import structlog

from metarr import queue
from metarr.bus import Bus
from metarr.db import CONFLICTS, Database
from metarr.errors import DatabaseUnavailable, MetarrError
from metarr.messages import subjects
from metarr.queue import URGENT, ClaimedJob, LeaseLostError, Line
from metarr.runtime.clock import Clock
from metarr.runtime.completions import Completions
from metarr.runtime.handlers import Handler
from metarr.runtime.metrics import JobMetrics
from metarr.runtime.recording import Recorded
from metarr.runtime.relay import Relay
from metarr.runtime.running import describe, end_unfinished, run_once
from metarr.runtime.steps import Reached, nobody
from metarr.runtime.upkeep import Upkeep
from metarr.runtime.version import VERSION
from metarr.runtime.work import JobCancelledError, Work

_POLL_SECONDS = 2.0
_HEARTBEAT_SECONDS = 5.0
_UPKEEP_SECONDS = 1.0
_LOOK_SECONDS = 0.5
"""Between two looks into the rows of what runs: a cancellation is seen within a second also without NATS."""
_LEAST_SECONDS = 0.01
_GATHER_SECONDS = 0.002
_OUTAGE_SECONDS = 1.0
_STOP_SECONDS = 20.0
_URGENT_SHARE = 4
_ANY = 10
_SUSPECT_SECONDS = 1.0

log = structlog.get_logger("metarr.worker")


class DeclaredDeadError(Exception):
    """Others have taken over what this one held: it must not go on."""


class Worker:
    """Runs the jobs of one service in this process, `slots` at a time.

    `name` is what the process is called from start to start; two living ones must not share it. `reached` is told each step of
    each job.
    """

    def __init__(
        self,
        service: str,
        handlers: Mapping[str, Handler],
        *,
        db: Database,
        bus: Bus,
        clock: Clock,
        data_dir: str,
        slots: int,
        name: str | None = None,
        reached: Reached = nobody,
    ) -> None:
        self.service = service
        self.name = name or f"{service}-{socket.gethostname()}-{os.getpid()}"
        self.worker_id = f"{self.name}:{uuid.uuid4().hex[:8]}"
        self._handlers = handlers
        self._kinds = sorted(handlers)
        self._db = db
        self._bus = bus
        self._clock = clock
        self._data_dir = data_dir
        self._slots = slots
        self._kept_for_urgent = max(1, slots // _URGENT_SHARE) if slots > 1 else 0
        self._reached = reached
        self._line = Line()
        self._relay = Relay(db, bus, clock)
        self._completions = Completions(db, self._on_slot)
        self._upkeep = Upkeep(db, clock)
        self._metrics = JobMetrics(service)
        self._job_log = structlog.get_logger("metarr.job").bind()
        self._running: dict[asyncio.Task[None], Work] = {}
        self._claiming = asyncio.Lock()
        self._wake = asyncio.Event()
        self._stopping = False
        self._outage = False
        self._walked = True
        self._more_waits = False
        self._gathering: asyncio.TimerHandle | None = None

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set, then finish or hand back what runs. Raises DeclaredDeadError."""
        await self._bus.listen(subjects.doorbell(self.service), self._on_bell)
        await self._bus.listen(subjects.control(self.service, "cancel"), self._on_cancel)
        await self._register()
        try:
            async with asyncio.TaskGroup() as group:
                beside = [
                    group.create_task(self._relay.run(), name="relay"),
                    group.create_task(self._completions.run(), name="completions"),
                    group.create_task(self._beat(), name="heartbeat"),
                    group.create_task(self._look_after_own(), name="own jobs"),
                    group.create_task(self._look_after_all(), name="upkeep"),
                ]
                claims = group.create_task(self._claim_until(stop, group), name="claims")
                await claims
                await self._finish_or_hand_back()
                for task in beside:
                    task.cancel()
        finally:
            await self._leave()

    async def _register(self) -> None:
        while True:
            try:
                async with self._db.transaction() as conn:
                    replaced = await queue.register(
                        conn,
                        self.worker_id,
                        name=self.name,
                        service=self.service,
                        host=socket.gethostname(),
                        pid=os.getpid(),
                        version=VERSION,
                        kinds=self._kinds,
                    )
            except DatabaseUnavailable as gone:
                log.warning("waiting for the database", reason=str(gone))
                await self._clock.sleep(_OUTAGE_SECONDS)
            else:
                log.info(
                    "worker ready", worker_id=self.worker_id, kinds=self._kinds, slots=self._slots, replaced=replaced
                )
                return

    # Claiming

    async def _claim_until(self, stop: asyncio.Event, group: asyncio.TaskGroup) -> None:
        group.create_task(self._wake_at(stop), name="stop")
        while not stop.is_set():
            self._wake.clear()
            try:
                started = await self._claim(group)
            except (DatabaseUnavailable, *CONFLICTS) as gone:
                self._say_outage(gone)
                await self._clock.sleep(_OUTAGE_SECONDS)
                continue
            self._say_outage(None)
            if not started:
                await self._rest()
        self._stopping = True

    async def _claim(self, group: asyncio.TaskGroup) -> int:
        """Start as many jobs as slots are free, of which some are only for urgent ones; how many were started."""
        free = self._free_slots()
        if free <= 0:
            return 0
        most, limit = (_ANY, free - self._kept_for_urgent) if free > self._kept_for_urgent else (URGENT, free)
        async with self._claiming:
            jobs = await self._take(most, limit)
            suspects = [job for job in jobs if job.crashes]
            waiting = suspects if self._runs_a_suspect() else suspects[1:]
            await self._return(waiting)
            for job in jobs:
                if job not in waiting:
                    self._begin(job, group)
        return len(jobs) - len(waiting)

    def _free_slots(self) -> int:
        """Those of jobs whose end is only being written down are free again, as long as not too many wait for that."""
        return self._slots - len(self._running) + min(self._completions.count, self._slots)

    async def _take(self, most: int, limit: int) -> list[ClaimedJob]:
        """The first of the line; where too few come behind the marks, the whole line is walked as often as that is cheap."""
        began = self._clock.monotonic()
        self._walked = self._line.begin(began, most=most)
        async with self._db.queue() as conn:
            jobs = await queue.claim(conn, self.service, self._kinds, self.worker_id, limit=limit, line=self._line)
        if self._walked:
            ended = self._clock.monotonic()
            self._line.walked(ended, ended - began)
        self._more_waits = len(jobs) == limit
        return jobs

    def _runs_a_suspect(self) -> bool:
        return any(work.job.crashes for work in self._running.values())

    async def _return(self, suspects: list[ClaimedJob]) -> None:
        for job in suspects:
            async with self._db.transaction() as conn:
                await queue.put_back(conn, job, None, after=timedelta(seconds=_SUSPECT_SECONDS), counts=False)

    def _begin(self, job: ClaimedJob, group: asyncio.TaskGroup) -> None:
        work = Work(
            job,
            db=self._db,
            clock=self._clock,
            data_dir=self._data_dir,
            say_progress=self._bus.say_progress,
            reached=self._reached,
        )
        task = group.create_task(self._run(work))
        self._running[task] = work
        self._metrics.running(len(self._running))
        task.add_done_callback(self._on_done)

    async def _wake_at(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._wake.set()

    async def _rest(self) -> None:
        """Until the bell, a free slot, a stop, or the safety poll; the jitter keeps workers from polling in step."""
        timeout = _POLL_SECONDS * random.uniform(0.8, 1.2)  # noqa: S311 - jitter, not a secret
        if not self._walked:
            timeout = min(timeout, self._line.until_walk(self._clock.monotonic()) + _LEAST_SECONDS)
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                await self._wake.wait()

    def _say_outage(self, gone: Exception | None) -> None:
        """Once when it begins and once when it ends."""
        if (gone is not None) != self._outage:
            self._outage = gone is not None
            if gone is not None:
                log.warning("not claiming", reason=str(gone))
            else:
                log.info("claiming again")

    def _on_done(self, task: asyncio.Task[None]) -> None:
        self._running.pop(task)
        self._metrics.running(len(self._running))
        self._on_slot()

    def _on_slot(self) -> None:
        if self._more_waits and 2 * self._free_slots() < self._slots:
            # Claims for single slots would cost more than the jobs do: a moment brings some more of them.
            self._gathering = self._gathering or asyncio.get_running_loop().call_later(_GATHER_SECONDS, self._gathered)
        else:
            self._wake.set()

    def _gathered(self) -> None:
        self._gathering = None
        self._wake.set()

    async def _on_bell(self, _subject: str, _data: bytes) -> None:
        self._wake.set()

    async def _on_cancel(self, _subject: str, data: bytes) -> None:
        self._cancel({int(data)} if data.isdigit() else set())

    def _cancel(self, job_ids: set[int]) -> None:
        for task, work in self._running.items():
            if work.job.id in job_ids and not work.cancelled:
                work.cancelled = True
                task.cancel()

    # Running one job

    async def _run(self, work: Work) -> None:
        job = work.job
        started = self._clock.monotonic()
        try:
            await self._reached("claimed", job)
            recorded, has_dependents = await run_once(self._handlers[job.kind], work, self._completions.complete)
        except LeaseLostError:
            self._report(work, "lost", started)
        except asyncio.CancelledError as stopped:
            await self._end(work, stopped, started)
            if not work.cancelled:
                raise
        except Exception as error:  # noqa: BLE001 - the worker loop: whatever a handler raises is the job's end, not ours
            await self._end(work, error, started)
        else:
            await self._reached("committed", job)
            await self._follow_up(job, recorded, has_dependents)
            await self._reached("told", job)
            self._report(work, "completed", started)

    async def _follow_up(self, job: ClaimedJob, recorded: Recorded, has_dependents: bool) -> None:
        """Behind the commit: release who waits, ring, tell. Upkeep and sweep do it if we die here."""
        self._relay.send(recorded.facts)
        ring = set(recorded.services)
        if has_dependents:
            try:
                async with self._db.transaction() as conn:
                    ring |= await queue.release(conn, [job.id])
            except (DatabaseUnavailable, *CONFLICTS):
                log.warning("dependents wait for the next upkeep", job_id=job.id)
        if self.service in ring:
            self._wake.set()
        await self._bus.ring(sorted(ring))

    async def _end(self, work: Work, error: BaseException, started: float) -> None:
        """Write down an end that is no completion; when the database is gone too, the job is taken back later."""
        reason = JobCancelledError("cancelled by a person while it ran") if work.cancelled else error
        try:
            if await end_unfinished(self._db, self._clock, work.job, reason):
                async with self._db.transaction() as conn:
                    await queue.cancel_dependents(
                        conn, work.job.id, f"job {work.job.id}, which this one waited for: {describe(reason)}"
                    )
        except (DatabaseUnavailable, *CONFLICTS):
            log.warning("the end of a job could not be written down", job_id=work.job.id)
        self._report(work, type(reason).__name__, started, error=reason)

    def _report(self, work: Work, outcome: str, started: float, error: BaseException | None = None) -> None:
        seconds = self._clock.monotonic() - started
        self._metrics.ended(work.job.kind, outcome, seconds)
        job = work.job
        said = {
            "job_id": job.id,
            "kind": job.kind,
            "trace_id": job.trace_id,
            "outcome": outcome,
            "ms": round(seconds * 1000, 1),
        }
        if error is None:
            self._job_log.info("job", **said)
        elif isinstance(error, MetarrError | asyncio.CancelledError):
            self._job_log.warning("job", **said, reason=describe(error))
        else:
            self._job_log.error("job", **said, reason=describe(error), exc_info=error)

    # Beside the jobs

    async def _beat(self) -> None:
        while True:
            await self._clock.sleep(_HEARTBEAT_SECONDS)
            try:
                async with self._db.read() as conn:
                    alive = await queue.beat(conn, self.worker_id, stopping=self._stopping)
            except DatabaseUnavailable:
                continue
            if not alive:
                raise DeclaredDeadError(f"worker {self.worker_id} was buried alive, or another has its name")

    async def _look_after_own(self) -> None:
        """Rows of ours that nobody runs, and those that a person wants to stop."""
        while True:
            await self._clock.sleep(_LOOK_SECONDS)
            try:
                await self.look_after_own_once()
            except (DatabaseUnavailable, *CONFLICTS) as gone:
                log.debug("could not look after own jobs", reason=str(gone))

    async def look_after_own_once(self) -> None:
        """Stop what is to be cancelled; take back what an outage cut loose; see which levels of the line have waited too long."""
        async with self._claiming, self._db.transaction() as conn:
            held = await queue.held(conn, self.worker_id)
            lost = held.keys() - {work.job.id for work in self._running.values()}
            if lost and await queue.take_back(conn, self.worker_id, sorted(lost)):
                self._wake.set()
            await queue.find_aged(conn, self.service, self._line)
        self._cancel({job_id for job_id, unwanted in held.items() if unwanted})

    async def _look_after_all(self) -> None:
        while True:
            await self._clock.sleep(_UPKEEP_SECONDS * random.uniform(0.8, 1.2))  # noqa: S311 - jitter
            try:
                await self.upkeep_once()
            except (DatabaseUnavailable, *CONFLICTS) as gone:
                log.debug("no upkeep", reason=str(gone))

    async def upkeep_once(self) -> None:
        """One round of upkeep for the whole queue."""
        ring = await self._upkeep.once()
        if self.service in ring:
            self._wake.set()
        await self._bus.ring(sorted(ring))

    # Stopping

    async def _finish_or_hand_back(self) -> None:
        """Running jobs get a while to end; then they are cancelled, which puts them back into the line."""
        if self._running:
            log.info("finishing what runs", jobs=len(self._running))
            _, late = await asyncio.wait(set(self._running), timeout=_STOP_SECONDS)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _leave(self) -> None:
        try:
            async with asyncio.timeout(5):
                await self._relay.drain()
                async with self._db.transaction() as conn:
                    ring = await queue.unregister(conn, self.worker_id)
                await self._bus.ring(sorted(ring))
        except (DatabaseUnavailable, TimeoutError, *CONFLICTS):
            log.warning("left without a word: the database is gone")
