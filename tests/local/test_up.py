"""`metarr up` from outside: ready, killed, refused, ended."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from metarr_local import data_directory
from metarr_local.private_files import read_private
from metarr_local.processes import Program as Child
from metarr_local.processes import is_running, popen_arguments
from metarr_local.system import SERVICES
from support.waiting import soon

WITH_STAND_INS = str(Path(__file__).parent.parent / "support" / "up_with_stand_ins.py")
PARTS = {"postgres", "nats", "api", "scanner", "enricher", "cache", "publisher"}

type Start = Callable[..., subprocess.Popen[str]]


def variables(**more: str) -> dict[str, str]:
    ours = {name: value for name, value in os.environ.items() if not name.startswith("METARR_")}
    return {**ours, "PYTHONPATH": os.pathsep.join(sys.path), **more}


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def start(folder: Path, port: int) -> Iterator[Start]:
    """Start the system on `folder`/data; its words are in `folder`/words. What still runs at the end is killed."""
    started: list[subprocess.Popen[str]] = []

    def begin() -> subprocess.Popen[str]:
        flags = ("--data-dir", str(folder / "data"), "--port", str(port))
        child = Child(name="up", argv=(sys.executable, WITH_STAND_INS, *flags), variables=variables())
        with (folder / "words").open("ab") as words:
            system = subprocess.Popen(
                child.argv, stdout=subprocess.PIPE, stderr=words, text=True, **popen_arguments(child)
            )
        started.append(system)
        return system

    yield begin
    for system in started:
        if system.poll() is None:
            system.terminate()
        system.wait(60)
        assert system.stdout is not None
        system.stdout.close()


def first_line(system: subprocess.Popen[str]) -> str:
    assert system.stdout is not None
    return system.stdout.readline().strip()


def parts(folder: Path) -> dict[str, int]:
    written = {file.stem: read_private(file) for file in (folder / "data" / "run").glob("*.pid")}
    return {name: int(pid) for name, pid in written.items() if pid}


def alive(pid: int) -> bool:
    return is_running(pid, mentions="")


def command(*arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-m", "metarr_local", *arguments]
    return subprocess.run(argv, env=variables(**more), capture_output=True, text=True, check=False, timeout=120)


def test_it_says_where_it_is_ready_and_leaves_no_process_when_asked_to_end(
    start: Start, folder: Path, port: int
) -> None:
    system = start()
    line = first_line(system)
    running = parts(folder)
    assert (line, set(running)) == (f"metarr ready on http://127.0.0.1:{port}", PARTS)
    words = folder / "words"
    soon(lambda: words.read_text().count(" lives") == len(SERVICES) or None, what="all services live")
    system.send_signal(signal.SIGINT)
    system.send_signal(signal.SIGTERM)  # at once: the same wish, not an insisting one
    assert system.wait(60) == 0
    assert words.read_text().count("takes its leave") == len(SERVICES)
    assert [name for name, pid in running.items() if alive(pid)] == []


def test_after_kill_9_the_next_start_works_and_nothing_of_the_first_is_left(start: Start, folder: Path) -> None:
    system = start()
    first_line(system)
    before = parts(folder)
    system.kill()
    again = start()
    assert first_line(again).startswith("metarr ready on")
    assert [name for name, pid in before.items() if alive(pid)] == []


def test_a_second_one_on_the_same_directory_is_refused_in_one_line(folder: Path) -> None:
    with data_directory.held(folder):
        refused = command("up", "--data-dir", str(folder))
    assert (refused.returncode, refused.stdout, refused.stderr.count("\n")) == (2, "", 1)
    assert "already runs on" in refused.stderr


def test_killed_servers_and_services_come_back(start: Start, folder: Path) -> None:
    first_line(start())
    before = parts(folder)
    for pid in before.values():
        os.kill(pid, signal.SIGKILL)
    after = soon(lambda: _all_new(before, parts(folder)), timeout=60, what="all parts live again")
    assert set(after) == PARTS


def _all_new(before: dict[str, int], now: dict[str, int]) -> dict[str, int] | None:
    renewed = set(now) == set(before) and all(now[name] != before[name] and alive(now[name]) for name in now)
    return now if renewed else None


def test_a_taken_port_is_said_in_one_line(folder: Path) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        taken = str(holder.getsockname()[1])
        refused = command("up", "--data-dir", str(folder), "--port", taken)
    assert refused.returncode == 2
    assert f"metarr: port {taken} of 127.0.0.1 is in use by another program" in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize(
    ("flags", "names", "said"),
    [
        (["up"], {"METARR_PROT": "1"}, "METARR_PROT is not a variable"),
        (["up", "--port", "0"], {}, "METARR_PORT"),
        (["up", "--scale", "scanner=many"], {}, "--scale scanner=many"),
        (["up", "--scale", "api=2"], {}, "at most 1 of api"),
        (["up", "--data-dir", "/proc/nowhere"], {}, "/proc/nowhere cannot be used"),
    ],
)
def test_a_wrong_configuration_ends_with_one_line_and_exit_code_2(
    flags: list[str], names: dict[str, str], said: str, folder: Path
) -> None:
    refused = command(*flags, **{"METARR_DATA_DIR": str(folder), **names})
    assert (refused.returncode, refused.stderr.count("\n")) == (2, 1)
    assert said in refused.stderr


def test_the_key_is_shown(folder: Path) -> None:
    shown = command("apikey", "--data-dir", str(folder))
    assert (shown.returncode, shown.stdout.strip()) == (0, (folder / "api_key").read_text())


def test_a_command_that_needs_the_api_says_that_it_does_not_run(folder: Path, port: int) -> None:
    refused = command("libraries", "list", "--data-dir", str(folder), "--port", str(port))
    assert refused.returncode == 1
    assert "`metarr up` starts it" in refused.stderr
