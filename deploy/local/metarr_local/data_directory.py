"""The data directory: one system at a time, nothing of an earlier start still runs on it."""

import contextlib
import fcntl
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

from metarr.errors import ConfigurationError
from metarr.runtime.environment import Environment
from metarr_api.key import load_key
from metarr_local.private_files import read_private
from metarr_local.processes import is_running

_STEP = 0.05
_LEFTOVER_TIMEOUT = 20.0
_SERVICE_MARK = "metarr_"


@contextlib.contextmanager
def held(folder: Path) -> Iterator[None]:
    """Hold the directory for this process; the kernel lets go when we end, however we end.

    Raises ConfigurationError when another system runs on it, or when it cannot be used.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    except OSError as fault:
        raise ConfigurationError(f"the data directory {folder} cannot be used: {fault.strerror}") from fault
    with open(descriptor, "r+", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = lock.read().strip() or "unknown"
            raise ConfigurationError(f"Metarr already runs on {folder} (process {holder})") from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def is_held(folder: Path) -> bool:
    """Whether a system runs on this directory now."""
    try:
        with held(folder):
            return False
    except ConfigurationError:
        return True


def end_leftover_services(folder: Path) -> None:
    """End the services of a system that was killed: the kernel has told them already, this waits for them. Blocks."""
    pid_files = list((folder / "run").glob("*.pid"))
    for step in (signal.SIGTERM, signal.SIGKILL):
        deadline = time.monotonic() + _LEFTOVER_TIMEOUT
        for pid in _alive(pid_files):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, step)
        while _alive(pid_files) and time.monotonic() < deadline:
            time.sleep(_STEP)
    for file in pid_files:
        file.unlink(missing_ok=True)


def _alive(pid_files: list[Path]) -> list[int]:
    written = [read_private(file) for file in pid_files]
    return [int(pid) for pid in written if pid and pid.isdigit() and is_running(int(pid), mentions=_SERVICE_MARK)]


def api_key(folder: Path, given: str | None) -> str:
    """The key of the API of this directory: the given one, else the one that the API keeps in it."""
    return load_key(Environment(data_dir=str(folder), api_key=given))
