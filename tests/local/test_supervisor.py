"""The supervisor: what dies is started again, what starts late waits for what it needs, and nothing outlives the end."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from metarr_local.keeper import Patience, Unit
from metarr_local.processes import Program, is_running, popen_arguments
from metarr_local.supervisor import Supervisor
from support.waiting import eventually, soon

IMPATIENT = Patience(first=0.01, longest=0.05, healthy=60)
SLEEPER = "import time; print('here I am', flush=True); time.sleep(600)"
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('no', flush=True); time.sleep(600)"
)
PARENT = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import time; time.sleep(600)'])"


class Heard(list[tuple[str, str]]):
    def say(self, name: str, line: str) -> None:
        self.append((name, line))

    def about(self, name: str) -> str:
        return "\n".join(line for who, line in self if who == name)


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def supervisor(tmp_path: Path, heard: Heard) -> Supervisor:
    return Supervisor(tmp_path, heard.say, IMPATIENT)


def unit(code: str, *, name: str = "fake", stop_timeout: float = 10.0, chatty: bool = True) -> Unit:
    program = Program(
        name=name, argv=(sys.executable, "-c", code), variables=dict(os.environ), stop_timeout=stop_timeout
    )
    return Unit(name=name, make=lambda: program, chatty=chatty)


def alive(pid: int | None) -> bool:
    return pid is not None and is_running(pid, mentions=sys.executable)


async def test_a_child_that_is_killed_runs_again(supervisor: Supervisor, heard: Heard) -> None:
    async with supervisor.keeping([unit(SLEEPER)]):
        (keeper,) = supervisor.keepers
        first = keeper.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        await eventually(lambda: keeper.starts == 2 and alive(keeper.pid), what="a second life")
        assert "was ended by SIGKILL; starting again" in heard.about("fake")


async def test_the_wait_before_the_next_start_doubles_up_to_its_limit(supervisor: Supervisor, heard: Heard) -> None:
    async with supervisor.keeping([unit("raise SystemExit(3)")]):
        await eventually(lambda: supervisor.keepers[0].starts >= 5, what="five lives")
    waits = [line.rsplit(" ", 2)[1] for line in heard.about("fake").splitlines() if "starting again" in line]
    assert waits[:4] == ["0.01", "0.02", "0.04", "0.05"]


async def test_no_process_is_left_after_a_clean_stop(supervisor: Supervisor, tmp_path: Path) -> None:
    async with supervisor.keeping([unit(SLEEPER, name="one"), unit(SLEEPER, name="two")]):
        await eventually(lambda: all(alive(keeper.pid) for keeper in supervisor.keepers), what="both run")
        pids = [keeper.pid for keeper in supervisor.keepers]
    assert not any(alive(pid) for pid in pids)
    assert list((tmp_path / "run").iterdir()) == []


async def test_the_last_words_are_heard_also_when_the_system_is_cancelled(
    supervisor: Supervisor, heard: Heard, tmp_path: Path
) -> None:
    polite = "import signal, sys, time; signal.signal(signal.SIGTERM, lambda *_: sys.exit(print('bye', flush=True)))"
    living = unit(f"{polite}; print('up', flush=True); time.sleep(600)")
    async with asyncio.TaskGroup() as group:
        system = group.create_task(_enter(supervisor, living))
        await eventually(lambda: "up" in heard.about("fake"), what="it lives")
        system.cancel()
    assert "bye" in heard.about("fake")
    assert list((tmp_path / "run").iterdir()) == []


async def test_what_does_not_end_when_asked_is_killed(supervisor: Supervisor, heard: Heard) -> None:
    async with supervisor.keeping([unit(STUBBORN, stop_timeout=0.2)]):
        await eventually(lambda: "no" in heard.about("fake"), what="it is deaf to SIGTERM")
        pid = supervisor.keepers[0].pid
    assert not alive(pid)


async def test_a_grandchild_does_not_outlive_the_child(supervisor: Supervisor) -> None:
    async with supervisor.keeping([unit(PARENT)]):
        pid = supervisor.keepers[0].pid
        children = Path(f"/proc/{pid}/task/{pid}/children")
        grandchild = int(await eventually(children.read_text, what="a grandchild"))
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        await eventually(lambda: not alive(grandchild), what="the grandchild ends")
        assert supervisor.keepers[0].starts >= 1


async def test_an_insisting_stop_kills_at_once(supervisor: Supervisor, heard: Heard) -> None:
    async with supervisor.keeping([unit(STUBBORN, stop_timeout=600)]):
        await eventually(lambda: "no" in heard.about("fake"), what="it is deaf to SIGTERM")
        pid = supervisor.keepers[0].pid
        supervisor.kill()
    assert not alive(pid)


async def test_a_layer_starts_when_the_one_before_is_ready(supervisor: Supervisor, tmp_path: Path) -> None:
    flag = tmp_path / "flag"
    late = f"import pathlib, time; pathlib.Path({str(flag)!r}).touch(); time.sleep(600)"
    first = unit(late, name="first")
    first = Unit(name="first", make=first.make, ready=flag.exists)
    async with supervisor.keeping([first]), supervisor.keeping([unit(SLEEPER, name="second")]):
        assert flag.exists()


async def test_a_silent_units_words_are_kept_in_its_log_and_told_when_it_dies(
    supervisor: Supervisor, heard: Heard, tmp_path: Path
) -> None:
    async with supervisor.keeping([unit("print('last words'); raise SystemExit(1)", chatty=False)]):
        await eventually(lambda: "exit code 1" in heard.about("fake"), what="it died")
    assert "last words" in (tmp_path / "logs" / "fake.log").read_text()
    assert "last words" in heard.about("fake")


async def test_a_program_that_is_not_there_is_told_and_tried_again(supervisor: Supervisor, heard: Heard) -> None:
    missing = Program(name="gone", argv=("/nonexistent/program",), variables={})
    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        entering = group.create_task(_enter(supervisor, Unit(name="gone", make=lambda: missing)))
        await eventually(lambda: heard.about("gone").count("cannot start") >= 2, what="two tries")
        entering.cancel()
    assert "No such file" in heard.about("gone")


async def _enter(supervisor: Supervisor, missing: Unit) -> None:
    async with supervisor.keeping([missing]):
        await asyncio.Event().wait()


@pytest.fixture
def orphan_maker(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process that starts a child the way we do and tells its number."""
    code = f"""
import os, subprocess, sys, time
from metarr_local.processes import Program, popen_arguments
child = Program(name="child", argv=(sys.executable, "-c", {SLEEPER!r}), variables=dict(os.environ))
started = subprocess.Popen(child.argv, **popen_arguments(child))
open({str(tmp_path / "pid")!r}, "w").write(str(started.pid))
time.sleep(600)
"""
    parent = Program(name="parent", argv=(sys.executable, "-c", code), variables=dict(os.environ))
    started = subprocess.Popen(parent.argv, **popen_arguments(parent))
    yield started
    started.kill()
    started.wait()


def test_a_child_ends_when_its_supervisor_is_killed(orphan_maker: subprocess.Popen[bytes], tmp_path: Path) -> None:
    number = tmp_path / "pid"
    pid = int(soon(lambda: number.read_text() if number.exists() else None, what="the child has started"))
    orphan_maker.kill()
    assert soon(lambda: not alive(pid), what="the orphan ends")
