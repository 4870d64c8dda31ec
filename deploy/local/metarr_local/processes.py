"""Starting a program as our own child, so that it ends when we end, however we end."""

import ctypes
import os
import pwd
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct

from metarr.errors import ConfigurationError, MetarrError

_PR_SET_PDEATHSIG = 1
_SEARCH_BY_ALL = 0o001
_READ_BY_ALL = 0o004
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


class ProgramStuck(MetarrError):
    """A program that should have ended by itself did not, and was killed."""


class Program(Struct, frozen=True, kw_only=True):
    """What to run and how it is ended.

    `stop_signal` asks it to end; `orphan_signal` is what the kernel sends it when we die without asking (Linux).
    `account` is the system user it runs as, None for our own.
    """

    name: str
    argv: tuple[str, ...]
    variables: Mapping[str, str]
    account: str | None = None
    stop_signal: int = signal.SIGTERM
    orphan_signal: int = signal.SIGTERM
    stop_timeout: float = 20.0


def popen_arguments(program: Program) -> dict[str, Any]:
    """Keyword arguments for subprocess.Popen and asyncio.create_subprocess_exec alike.

    A process group of its own keeps the terminal's Ctrl-C away from the child: we say when it ends, and in which order.
    The thread that starts it must be the main thread: the kernel takes the end of that thread for our end.
    """
    return {
        "env": dict(program.variables),
        "process_group": 0,
        "preexec_fn": _die_with_parent(program.orphan_signal),
        **_identity(program.account),
    }


def run_to_end(program: Program, *, said: str = "", timeout: float) -> subprocess.CompletedProcess[str]:
    """Run a program that ends by itself, `said` on its standard input. Blocks.

    Raises ProgramStuck when it takes longer than `timeout` seconds.
    """
    try:
        return subprocess.run(  # noqa: S603 - an argument list, no shell, and never a word from outside
            program.argv,
            input=said,
            text=True,
            capture_output=True,
            check=False,
            timeout=timeout,
            **popen_arguments(program),
        )
    except subprocess.TimeoutExpired:
        raise ProgramStuck(f"{program.name} did not end within {timeout:g} s") from None


def _die_with_parent(orphan_signal: int) -> Callable[[], None] | None:
    """Runs in the child between fork and exec, after the change of user (which would clear the wish)."""
    if _LIBC is None:
        return None
    parent = os.getpid()
    prctl = _LIBC.prctl

    def ask_kernel() -> None:
        prctl(_PR_SET_PDEATHSIG, orphan_signal, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return ask_kernel


def _identity(account: str | None) -> dict[str, Any]:
    if account is None:
        return {}
    entry = pwd.getpwnam(account)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def unprivileged_account(name: str) -> str | None:
    """The system user for a program that refuses to run as root: None when we are not root, else `name`, made if missing.

    Raises ConfigurationError when it cannot be made.
    """
    if os.geteuid() != 0:
        return None
    if not _exists(name):
        _create(name)
    return name


def _exists(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def _create(name: str) -> None:
    tool = shutil.which("useradd")
    if tool is not None:
        command = (tool, "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", name)
        run_to_end(Program(name="useradd", argv=command, variables=os.environ), timeout=60)
    if not _exists(name):  # another process may have been first; only the outcome counts
        raise ConfigurationError(
            f"PostgreSQL refuses to run as root and the system user {name} cannot be made: "
            "start Metarr as an ordinary user, or set METARR_DATABASE_URL"
        )


def let_search(path: Path) -> None:
    """Give everybody the right to pass through the folders above `path`, not to list them, where it is missing."""
    for folder in path.absolute().parents:
        _add_mode(folder, _SEARCH_BY_ALL)


def let_read(tree: Path) -> None:
    """Give everybody the right to read what lies under `tree` (program files, no data) and to run what is a program."""
    let_search(tree)
    for folder, _, files in os.walk(tree):
        _add_mode(Path(folder), _SEARCH_BY_ALL | _READ_BY_ALL)
        for name in files:
            file = Path(folder) / name
            runs = file.stat().st_mode & 0o100
            _add_mode(file, _READ_BY_ALL | (_SEARCH_BY_ALL if runs else 0))


def _add_mode(path: Path, bits: int) -> None:
    mode = path.stat().st_mode & 0o7777
    if mode & bits == bits:
        return
    try:
        path.chmod(mode | bits)
    except OSError as fault:
        raise ConfigurationError(
            f"PostgreSQL's user must pass through {path}: run chmod o+x on it ({fault.strerror})"
        ) from fault


def give(path: Path, account: str | None) -> None:
    """Make `account` the owner of a folder; nothing for None. Raises ConfigurationError where the disk does not allow it."""
    if account is None:
        return
    entry = pwd.getpwnam(account)
    try:
        os.chown(path, entry.pw_uid, entry.pw_gid)
    except OSError as fault:
        raise ConfigurationError(f"{path} cannot be given to the user {account}: {fault.strerror}") from fault


def is_running(pid: int, *, mentions: str) -> bool:
    """Whether `pid` is alive, no zombie, and its command line holds `mentions`: a number alone may be somebody else's."""
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return _answers(pid) and not Path("/proc/self").exists()
    return command != b"" and mentions.encode() in command  # a zombie has no command line


def _answers(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True
