"""How far running jobs are, as they say it: kept in memory only, handed to whoever listens now."""

import asyncio
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from metarr.bus import Bus
from metarr.messages import subjects
from metarr.runtime.work import Progress

_MOST_JOBS = 1000
_MOST_WAITING = 500


class Live:
    """The last word of each running job, and a queue for each open event stream."""

    def __init__(self) -> None:
        self._last: OrderedDict[int, Progress] = OrderedDict()
        self._listeners: set[asyncio.Queue[bytes]] = set()

    async def listen(self, bus: Bus) -> None:
        """Hear what all services say, now or as soon as NATS is there."""
        await bus.listen(subjects.PROGRESS, self.hear)

    async def hear(self, _subject: str, data: bytes) -> None:
        """Take in one message; a listener that cannot keep up misses some, the next one says more."""
        try:
            said = msgspec.json.decode(data, type=Progress)
        except msgspec.DecodeError:
            return
        self._last[said.job_id] = said
        self._last.move_to_end(said.job_id)
        if len(self._last) > _MOST_JOBS:
            self._last.popitem(last=False)
        for listener in self._listeners:
            if not listener.full():
                listener.put_nowait(data)

    def of(self, job_id: int, attempt: int) -> Progress | None:
        """How far a job is in this run of it, if it said so; what it said in an earlier one is no longer true."""
        said = self._last.get(job_id)
        return said if said is not None and said.attempt in (None, attempt) else None

    @property
    def listener_count(self) -> int:
        """How many streams are open."""
        return len(self._listeners)

    @contextmanager
    def stream(self) -> Iterator[asyncio.Queue[bytes]]:
        """Everything that is said from now on, as JSON."""
        listener: asyncio.Queue[bytes] = asyncio.Queue(maxsize=_MOST_WAITING)
        self._listeners.add(listener)
        try:
            yield listener
        finally:
            self._listeners.discard(listener)
