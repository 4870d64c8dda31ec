"""What a handler has in its hands: its job, read connections, one writing transaction, progress, the clock."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import cached_property

import msgspec
import structlog
from msgspec import Struct
from msgspec.structs import replace

from metarr.db import Connection, Database, WritingTransaction
from metarr.errors import Hold, MetarrError
from metarr.queue import ClaimedJob
from metarr.runtime.clock import Clock
from metarr.runtime.steps import Reached, nobody

_PROGRESS_SECONDS = 0.25
"""At most one progress message in this time; the last one (done = total) always goes out."""

type SayProgress = Callable[[int, bytes], Awaitable[None]]


class JobCancelledError(MetarrError):
    """A person asked this running job to stop."""


class Progress(Struct, frozen=True, kw_only=True):
    """How far a running job is; told live, never stored.

    `waits` says that it is not at work now but waits, for what `doing` names. `attempt` tells the runs of one job apart.
    """

    job_id: int
    kind: str
    done: int
    total: int
    doing: str
    waits: bool = False
    attempt: int | None = None


class Work:
    """One run of one job.

    The three beats of a handler: `read()` as often as needed and short; work on network and disk with no transaction open;
    `write()` once: the block's statements, the fact, the following jobs and the completion are one transaction, which the
    runtime commits after the handler has returned.
    """

    def __init__(
        self,
        job: ClaimedJob,
        *,
        db: Database,
        clock: Clock,
        data_dir: str,
        say_progress: SayProgress | None = None,
        reached: Reached = nobody,
    ) -> None:
        self.job = job
        self.db = db
        self.clock = clock
        self.data_dir = data_dir
        self.reached = reached
        self.cancelled = False
        self._say_progress = say_progress
        self._said_at = float("-inf")
        self._progress = Progress(job_id=job.id, kind=job.kind, done=0, total=0, doing="begins", attempt=job.attempts)
        self._transaction: WritingTransaction | None = None

    @cached_property
    def log(self) -> structlog.stdlib.BoundLogger:
        """Says in each line which job it is about."""
        job = self.job
        logger: structlog.stdlib.BoundLogger = structlog.get_logger("metarr.job")
        return logger.bind(job_id=job.id, kind=job.kind, trace_id=job.trace_id)

    @property
    def wrote(self) -> bool:
        """For the runtime: whether the writing transaction was begun."""
        return self._transaction is not None

    def read(self) -> AbstractAsyncContextManager[Connection]:
        """A connection for short reads, outside any transaction."""
        return self.db.read()

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Connection]:
        """The handler's one writing transaction. Nothing slow inside it, and return right after it."""
        if self._transaction is not None:
            raise RuntimeError("a job writes in one transaction; write() was called a second time")
        yield await self.transaction()

    def ensure_active(self) -> None:
        """Raises JobCancelledError when a person cancelled the job; call it between steps of long work."""
        if self.cancelled:
            raise JobCancelledError("cancelled by a person while it ran")

    def ensure_not_paused(self, scope: str) -> None:
        """Raises Hold when a person paused `provider:<name>`: the job goes on when they resume it."""
        if scope in self.job.paused:
            raise Hold(f"{scope.partition(':')[2]} is paused", scope=scope)

    async def progress(self, done: int, total: int, doing: str) -> None:
        """Tell how far the job is, in units of its own, and what it is doing now."""
        self.ensure_active()
        self._progress = Progress(
            job_id=self.job.id, kind=self.job.kind, done=done, total=total, doing=doing, attempt=self.job.attempts
        )
        now = self.clock.monotonic()
        if now - self._said_at >= _PROGRESS_SECONDS or done >= total:
            self._said_at = now
            await self._say(self._progress)

    @asynccontextmanager
    async def waiting_for(self, what: str) -> AsyncIterator[None]:
        """While the block waits for something outside, the job's progress says so."""
        waits = replace(self._progress, doing=f"waits for {what}", waits=True)
        await self._say(waits)
        try:
            yield
        finally:
            await self._say(self._progress)

    async def _say(self, said: Progress) -> None:
        if self._say_progress is not None:
            await self._say_progress(self.job.id, msgspec.json.encode(said))

    async def transaction(self) -> Connection:
        """For the runtime: the open writing transaction, begun now when the handler had nothing to write."""
        if self._transaction is None:
            await self.reached("worked", self.job)
            self._transaction = await self.db.begin()
        return self._transaction.connection

    async def commit(self) -> None:
        """For the runtime: end the transaction for good."""
        if self._transaction is not None:
            await self._transaction.commit()

    async def roll_back(self, error: BaseException) -> None:
        """For the runtime: undo what the handler wrote. Raises DatabaseUnavailable when that is what `error` means."""
        if self._transaction is not None:
            await self._transaction.roll_back(error)
