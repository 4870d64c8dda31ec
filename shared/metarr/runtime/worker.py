"""The worker loop of a service: claim what can start now, run it, tell what follows; upkeep of the queue beside it.

Every wait has an end without NATS: the doorbell only makes it short. Slots bound what is claimed, so a worker never sits
on work that another could start; the last slot is kept for priority 1 and 2. Losing PostgreSQL stops claiming, lets what
runs fail or finish, and goes on when it is back.
"""

import asyncio
import os
import random
import socket
import uuid
from collections.abc import Mapping

import structlog

from metarr import queue
from metarr.bus import Bus
from metarr.db import Database
from metarr.errors import DatabaseUnavailable, MetarrError
from metarr.messages import subjects
from metarr.queue import ClaimedJob, LeaseLostError
from metarr.runtime.clock import Clock
from metarr.runtime.handlers import Handler
from metarr.runtime.metrics import JOB_SECONDS, JOBS_ENDED, JOBS_RUNNING
from metarr.runtime.recording import Recorded
from metarr.runtime.relay import Relay
from metarr.runtime.running import describe, end_unfinished, run_once
from metarr.runtime.version import VERSION
from metarr.runtime.work import JobCancelledError, Work

_POLL_SECONDS = 2.0
_HEARTBEAT_SECONDS = 5.0
_UPKEEP_SECONDS = 1.0
_OUTAGE_SECONDS = 1.0
_STOP_SECONDS = 20.0
_URGENT = 2
_ANY = 10

log = structlog.get_logger("metarr.worker")


class DeclaredDeadError(Exception):
    """Other workers have taken over what this one held: it must not go on."""


class Worker:
    """Runs the jobs of one service in this process, `slots` at a time."""

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
        worker_id: str | None = None,
    ) -> None:
        self.service = service
        self.worker_id = worker_id or f"{service}-{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:6]}"
        self._handlers = handlers
        self._db = db
        self._bus = bus
        self._clock = clock
        self._data_dir = data_dir
        self._slots = slots
        self._relay = Relay(db, bus, clock)
        self._running: dict[asyncio.Task[None], Work] = {}
        self._claiming = asyncio.Lock()
        self._wake = asyncio.Event()
        self._stopping = False

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set, then finish or hand back what runs."""
        await self._bus.listen(subjects.doorbell(self.service), self._on_bell)
        await self._bus.listen(subjects.control(self.service, "cancel"), self._on_cancel)
        await self._register()
        try:
            async with asyncio.TaskGroup() as group:
                beside = [
                    group.create_task(self._relay.run(), name="relay"),
                    group.create_task(self._beat(), name="heartbeat"),
                    group.create_task(self._upkeep(), name="upkeep"),
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
                    await queue.register(
                        conn,
                        self.worker_id,
                        service=self.service,
                        host=socket.gethostname(),
                        pid=os.getpid(),
                        version=VERSION,
                        kinds=sorted(self._handlers),
                    )
            except DatabaseUnavailable as gone:
                log.warning("waiting for the database", reason=str(gone))
                await self._clock.sleep(_OUTAGE_SECONDS)
            else:
                log.info("worker ready", worker_id=self.worker_id, kinds=sorted(self._handlers), slots=self._slots)
                return

    # Claiming

    async def _claim_until(self, stop: asyncio.Event, group: asyncio.TaskGroup) -> None:
        stopped = group.create_task(stop.wait(), name="stop")
        while not stop.is_set():
            self._wake.clear()
            if await self._claim(group) == 0:
                await self._rest(stopped)
        self._stopping = True

    async def _claim(self, group: asyncio.TaskGroup) -> int:
        """Start as many jobs as slots are free; the last slot only for urgent ones."""
        free = self._slots - len(self._running)
        if free <= 0:
            return 0
        most, limit = (_ANY, free - 1) if free > 1 else (_URGENT, 1)
        if self._slots == 1:
            most, limit = _ANY, 1
        try:
            async with self._claiming:
                async with self._db.read() as conn:
                    jobs = await queue.claim(
                        conn, self.service, sorted(self._handlers), self.worker_id, limit=limit, most=most
                    )
                for job in jobs:
                    self._begin(job, group)
        except DatabaseUnavailable as gone:
            log.warning("database gone: not claiming", reason=str(gone))
            await self._clock.sleep(_OUTAGE_SECONDS)
            return 0
        return len(jobs)

    def _begin(self, job: ClaimedJob, group: asyncio.TaskGroup) -> None:
        work = Work(job, db=self._db, clock=self._clock, data_dir=self._data_dir, say_progress=self._bus.say_progress)
        task = group.create_task(self._run(work), name=f"job-{job.id}")
        self._running[task] = work
        task.add_done_callback(self._on_done)

    async def _rest(self, stopped: asyncio.Task[bool]) -> None:
        """Until the bell, a free slot, a stop, or the safety poll; the jitter keeps workers from polling in step."""
        woken = asyncio.ensure_future(self._wake.wait())
        try:
            await asyncio.wait(
                {woken, stopped},
                timeout=_POLL_SECONDS * random.uniform(0.8, 1.2),  # noqa: S311 - jitter, not a secret
                return_when=asyncio.FIRST_COMPLETED,
            )
        finally:
            woken.cancel()

    def _on_done(self, task: asyncio.Task[None]) -> None:
        self._running.pop(task, None)
        JOBS_RUNNING.labels(self.service).set(len(self._running))
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
        JOBS_RUNNING.labels(self.service).set(len(self._running))
        try:
            recorded, has_dependents = await run_once(self._handlers[job.kind], work)
        except LeaseLostError:
            self._report(work, "lost", started)
        except asyncio.CancelledError as stopped:
            await self._end(work, stopped, started)
            if not work.cancelled:
                raise
        except Exception as error:  # noqa: BLE001 - the worker loop: whatever a handler raises is the job's end, not ours
            await self._end(work, error, started)
        else:
            await self._follow_up(job, recorded, has_dependents)
            self._report(work, "completed", started)

    async def _follow_up(self, job: ClaimedJob, recorded: Recorded, has_dependents: bool) -> None:
        """Behind the commit: release who waits, ring, tell. Upkeep and sweep do it if we die here."""
        self._relay.send(recorded.facts)
        ring = set(recorded.services)
        if has_dependents:
            try:
                async with self._db.transaction() as conn:
                    ring |= await queue.release(conn, [job.id])
            except DatabaseUnavailable:
                log.warning("dependents wait for the next upkeep", job_id=job.id)
        if self.service in ring:
            self._wake.set()
        await self._bus.ring(sorted(ring))

    async def _end(self, work: Work, error: BaseException, started: float) -> None:
        """Write down an end that is no completion; when the database is gone too, upkeep takes the job back."""
        reason = JobCancelledError("cancelled by a person while it ran") if work.cancelled else error
        try:
            final = await end_unfinished(self._db, self._clock, work.job, reason)
            if final and work.job.has_dependents:
                async with self._db.transaction() as conn:
                    await queue.cancel_dependents(
                        conn, work.job.id, f"job {work.job.id}, which this one waited for: {describe(reason)}"
                    )
        except DatabaseUnavailable:
            log.warning("database gone: the job will run again", job_id=work.job.id)
        self._report(work, type(reason).__name__, started, error=reason)

    def _report(self, work: Work, outcome: str, started: float, error: BaseException | None = None) -> None:
        seconds = self._clock.monotonic() - started
        JOBS_ENDED.labels(self.service, work.job.kind, outcome).inc()
        JOB_SECONDS.labels(self.service, work.job.kind).observe(seconds)
        milliseconds = round(seconds * 1000, 1)
        if error is None:
            work.log.info("job", outcome=outcome, ms=milliseconds)
        elif isinstance(error, MetarrError | asyncio.CancelledError):
            work.log.warning("job", outcome=outcome, ms=milliseconds, reason=describe(error))
        else:
            work.log.error("job", outcome=outcome, ms=milliseconds, reason=describe(error), exc_info=error)

    # Beside the jobs

    async def _beat(self) -> None:
        while True:
            await self._clock.sleep(_HEARTBEAT_SECONDS)
            try:
                async with self._db.read() as conn:
                    alive = await queue.heartbeat(conn, self.worker_id, stopping=self._stopping)
                    if self._running and alive:
                        self._cancel(await queue.cancel_requested(conn, [w.job.id for w in self._running.values()]))
            except DatabaseUnavailable:
                continue
            if not alive:
                raise DeclaredDeadError(f"worker {self.worker_id} was declared dead while it lived")

    async def _upkeep(self) -> None:
        """Every worker does it; the statements skip what another has in hand."""
        while True:
            await self._clock.sleep(_UPKEEP_SECONDS * random.uniform(0.8, 1.2))  # noqa: S311 - jitter
            try:
                await self.upkeep_once()
            except DatabaseUnavailable as gone:
                log.debug("no upkeep", reason=str(gone))

    async def upkeep_once(self) -> None:
        """Take back what an outage cut loose, promote what is due, rescue what the dead held, release what a crash left waiting."""
        async with self._claiming, self._db.transaction() as conn:
            if await queue.take_back(conn, self.worker_id, [work.job.id for work in self._running.values()]):
                self._wake.set()
        async with self._db.transaction() as conn:
            ring = await queue.promote(conn)
            freed, failed = await queue.rescue(conn)
            for job_id in failed:
                await queue.cancel_dependents(conn, job_id, f"job {job_id}, which this one waited for, failed")
        async with self._db.transaction() as conn:
            ring |= freed | await queue.reconcile(conn)
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
                async with self._db.read() as conn:
                    await queue.unregister(conn, self.worker_id)
        except (DatabaseUnavailable, TimeoutError):
            log.warning("left without a word: the database is gone")
