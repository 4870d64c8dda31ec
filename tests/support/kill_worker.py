"""A worker on the building site that dies, waits or takes its time as ordered. Run as a program: service, orders as JSON."""

import asyncio
import functools
import os
import signal
import sys
from contextlib import ExitStack
from unittest.mock import patch

import msgspec
from msgspec import Struct

from metarr.messages.jobs import Job
from metarr.queue import ClaimedJob
from metarr.runtime import Service, ServiceParts, Work, run_service
from metarr.runtime.steps import Step
from metarr.runtime.worker import Worker
from support.kill_jobs import BreakTool, Site

WORKING = "working"
"""In the middle of the handler: a step that the runtime itself does not know."""


class Orders(Struct, frozen=True, kw_only=True):
    """`die_at`: a step, or `working`. `waits`: a handler goes on only at SIGUSR1. `grace`, `beat`: the runtime's own, in seconds."""

    die_at: str | None = None
    waits: bool = False
    grace: float = 20.0
    beat: float = 5.0
    slots: int = 4


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class Fate:
    """What becomes of this process."""

    def __init__(self, orders: Orders) -> None:
        self._orders = orders

    async def on_the_way(self, step: Step, _job: ClaimedJob) -> None:
        if step == self._orders.die_at:
            die()

    async def in_the_work(self, job: Job, work: Work) -> None:
        if self._orders.die_at == WORKING or isinstance(job, BreakTool):
            die()
        if self._orders.waits:
            go_on = asyncio.Event()
            asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, go_on.set)
            work.log.info("waiting in the work")
            await go_on.wait()

    async def build(self, _service: Service) -> ServiceParts:
        return ServiceParts(handlers=Site(self.in_the_work), slots=self._orders.slots)


def main(service: str, orders: Orders) -> None:
    fate = Fate(orders)
    watched = functools.partial(Worker, reached=fate.on_the_way)
    with ExitStack() as stack:
        stack.enter_context(patch("metarr.runtime.service.Worker", watched))
        stack.enter_context(patch("metarr.runtime.worker._STOP_SECONDS", orders.grace))
        stack.enter_context(patch("metarr.runtime.worker._HEARTBEAT_SECONDS", orders.beat))
        run_service(service, fate.build)


if __name__ == "__main__":
    main(sys.argv[1], msgspec.json.decode(sys.argv[2], type=Orders))
