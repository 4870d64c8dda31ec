"""PostgreSQL and NATS for the tests: the embedded ones, or containers with METARR_TEST_SERVERS=containers."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from metarr_local import nats, postgres
from metarr_local.processes import Program, popen_arguments
from support.waiting import soon

type DatabaseUrl = Callable[[str], str]
"""The address of a database of this server by its name."""


@contextmanager
def postgres_server() -> Iterator[DatabaseUrl]:
    """A PostgreSQL server for one test process; it forgets everything at a power cut, and is fast for it."""
    with _containers_postgres() if _in_containers() else _embedded_postgres() as url:
        yield url


@contextmanager
def nats_server() -> Iterator[str]:
    """A NATS server with JetStream for one test process; gives its address."""
    with _containers_nats() if _in_containers() else _embedded_nats() as url:
        yield url


def _in_containers() -> bool:
    return os.environ.get("METARR_TEST_SERVERS", "embedded") == "containers"


@contextmanager
def _embedded_postgres() -> Iterator[DatabaseUrl]:
    with scratch() as folder:
        cluster = postgres.prepare(folder / "postgres", durable=False)
        settings = {**postgres.FORGETFUL, "autovacuum": "off", "shared_buffers": "64MB"}
        with running(postgres.program(cluster, os.environ, settings), folder / "postgres.log"):
            soon(lambda: postgres.accepts(cluster), timeout=60, what="PostgreSQL starts")
            yield cluster.url


@contextmanager
def _embedded_nats() -> Iterator[str]:
    with scratch() as folder:
        broker = nats.prepare(folder / "nats")
        with running(nats.program(broker, os.environ), folder / "nats.log"):
            soon(lambda: nats.accepts(broker), timeout=30, what="NATS starts")
            yield broker.url


@contextmanager
def running(program: Program, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run `program` as a child for the time of the block; its words go to `log`."""
    with log.open("ab") as words:
        child = subprocess.Popen(
            program.argv, stdin=subprocess.DEVNULL, stdout=words, stderr=words, **popen_arguments(program)
        )
    try:
        yield child
    finally:
        child.send_signal(program.stop_signal)
        try:
            child.wait(program.stop_timeout)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder for a server's data: its path is short, as a socket's must be, and outside of pytest's own folder, which every
    other run of pytest closes again to the user that PostgreSQL runs as."""
    folder = Path(tempfile.mkdtemp(prefix="metarr-test-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _containers_postgres() -> Iterator[DatabaseUrl]:
    from testcontainers.community.postgres import PostgresContainer

    container = PostgresContainer("postgres:18.6", username="metarr", password="metarr", dbname="metarr", driver=None)
    container.with_env("POSTGRES_INITDB_ARGS", "--locale=C --locale-provider=builtin --builtin-locale=C.UTF-8")
    container.with_command([word for name, value in postgres.FORGETFUL.items() for word in ("-c", f"{name}={value}")])
    with container as server:
        base = server.get_connection_url().rsplit("/", 1)[0]
        yield lambda database: f"{base}/{database}"


@contextmanager
def _containers_nats() -> Iterator[str]:
    from testcontainers.core.container import DockerContainer
    from testcontainers.core.wait_strategies import LogMessageWaitStrategy

    container = DockerContainer("nats:2.15-alpine").with_exposed_ports(4222)
    container.with_command(["--jetstream", "--auth", "metarr"]).waiting_for(LogMessageWaitStrategy("Server is ready"))
    with container as server:
        yield f"nats://metarr@{server.get_container_host_ip()}:{server.get_exposed_port(4222)}"
