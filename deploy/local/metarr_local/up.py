"""`metarr up`: the system in the foreground, from the first start to Ctrl-C."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Mapping, Sequence

from rich.console import Console
from rich.text import Text

from metarr.runtime.environment import read_environment
from metarr_local import data_directory
from metarr_local.supervisor import Supervisor
from metarr_local.system import Plan, read_scale, running

_NAME_WIDTH = 10
_COLOURS = ("cyan", "green", "yellow", "magenta", "blue", "bright_cyan", "bright_green", "bright_yellow")
_ONE_WISH = 1.0
"""Seconds within which signals are the same wish: `timeout` and process groups deliver one twice."""

type WhenReady = Callable[[Plan, "Stop"], Awaitable[None]]
"""What is done once the system answers; the system runs on afterwards until it is told to stop."""


class Stop:
    """The wish to end: the first signal asks, a later one insists."""

    def __init__(self, insist: Callable[[], None]) -> None:
        self._asked = asyncio.Event()
        self._asked_at = 0.0
        self._insist = insist

    def ask(self) -> None:
        """End cleanly; called again after a moment, end at once."""
        now = asyncio.get_running_loop().time()
        if not self._asked.is_set():
            self._asked_at = now
            self._asked.set()
        elif now - self._asked_at >= _ONE_WISH:
            self._insist()

    async def wait(self) -> None:
        await self._asked.wait()


class Voice:
    """What the person sees while the system runs: standard error, each line with the name of who says it."""

    def __init__(self) -> None:
        self._console = Console(stderr=True, highlight=False, soft_wrap=True)
        self._colours: dict[str, str] = {}

    def say(self, name: str, line: str) -> None:
        colour = self._colours.setdefault(name, _COLOURS[len(self._colours) % len(_COLOURS)])
        text = Text(f"{name:<{_NAME_WIDTH}} ", style=colour)
        text.append_text(Text.from_ansi(line, style="default"))
        self._console.print(text)


def make_plan(
    *,
    data_dir: str | None = None,
    host: str | None = None,
    port: int | None = None,
    scale: Sequence[str] = (),
    variables: Mapping[str, str] | None = None,
) -> Plan:
    """Read the environment, with what the command line says put over it. Raises ConfigurationError."""
    given = {"METARR_DATA_DIR": data_dir, "METARR_HOST": host, "METARR_PORT": None if port is None else str(port)}
    whole = dict(os.environ if variables is None else variables)
    whole |= {name: value for name, value in given.items() if value is not None}
    return Plan(environment=read_environment(whole), variables=whole, scale=read_scale(scale))


def up(plan: Plan, when_ready: WhenReady | None = None, voice: Voice | None = None) -> int:
    """Run the system until a signal ends it; the exit code. `when_ready` runs beside it once the API answers.

    Raises ConfigurationError when it cannot start.
    """
    with data_directory.held(plan.folder):
        return asyncio.run(_up(plan, when_ready, voice or Voice()))


async def _up(plan: Plan, when_ready: WhenReady | None, voice: Voice) -> int:
    supervisor = Supervisor(plan.folder, voice.say)
    stop = Stop(insist=supervisor.kill)
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.ask)
    async with asyncio.TaskGroup() as group:
        system = group.create_task(_serve(plan, supervisor, stop, when_ready, voice), name="system")
        await stop.wait()
        voice.say("metarr", "stopping; once more kills")
        system.cancel()
    voice.say("metarr", "stopped")
    return 0


async def _serve(plan: Plan, supervisor: Supervisor, stop: Stop, when_ready: WhenReady | None, voice: Voice) -> None:
    voice.say("metarr", f"starting; data in {plan.folder}")
    async with running(plan, supervisor):
        for keeper in supervisor.keepers:
            voice.say("metarr", f"{keeper.unit.name:<12} process {keeper.pid:<8} log {keeper.log_path}")
        print(f"metarr ready on {plan.origin}", flush=True)
        if when_ready is not None:
            await when_ready(plan, stop)
        await stop.wait()
