"""The whole system on one machine: PostgreSQL and NATS where none are given, the schema, the five services."""

import asyncio
import errno
import socket
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path

from msgspec import Struct

from metarr.db.migrate import migrate
from metarr.errors import ConfigurationError
from metarr.runtime.environment import Environment
from metarr_api.key import load_key
from metarr_local import data_directory, nats, postgres
from metarr_local.client import Client
from metarr_local.keeper import Unit
from metarr_local.processes import Program
from metarr_local.supervisor import Supervisor

SERVICES = ("api", "scanner", "enricher", "cache", "publisher")
_ALONE = frozenset({"api"})
"""Services of which there is one: this one listens on the port."""
_MOST_INSTANCES = 32
_STOP_TIMEOUT = 40.0
_HEALTH_TIMEOUT = 5.0


def _module(service: str) -> tuple[str, ...]:
    return (sys.executable, "-m", f"metarr_{service}")


class Plan(Struct, frozen=True, kw_only=True):
    """What is to run: checked, nothing started yet.

    `scale` maps a service to its number of processes, `command` gives the argument list of a service.
    """

    environment: Environment
    variables: Mapping[str, str]
    scale: Mapping[str, int]
    command: Callable[[str], tuple[str, ...]] = _module

    @property
    def folder(self) -> Path:
        return Path(self.environment.data_dir)

    @property
    def origin(self) -> str:
        """Scheme, host and port that the API listens on."""
        return f"http://{_bracketed(self.environment.host)}:{self.environment.port}"


def local_address(environment: Environment) -> str:
    """Where the API is reached from this machine, with the base path, without a trailing slash."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(environment.host, environment.host)  # noqa: S104
    return f"http://{_bracketed(host)}:{environment.port}{environment.base_path}"


def read_scale(words: Sequence[str]) -> dict[str, int]:
    """`scanner=2` → {"scanner": 2}. Raises ConfigurationError for anything else."""
    scale = {}
    for word in words:
        name, _, count = word.partition("=")
        if name not in SERVICES or not count.isdigit():
            raise ConfigurationError(f"--scale {word}: say it as scanner=2, with one of {', '.join(SERVICES)}")
        if int(count) > _MOST_INSTANCES or (name in _ALONE and int(count) > 1):
            most = 1 if name in _ALONE else _MOST_INSTANCES
            raise ConfigurationError(f"--scale {word}: at most {most} of {name}")
        scale[name] = int(count)
    return scale


@asynccontextmanager
async def running(plan: Plan, supervisor: Supervisor) -> AsyncIterator[None]:
    """Run the system for the time of the block, which is entered when the API answers. The directory must be held.

    Raises ConfigurationError when something needed is taken or wrong.
    """
    environment = plan.environment
    await asyncio.to_thread(data_directory.end_leftover_services, plan.folder)
    check_port(environment.host, environment.port)
    key = await asyncio.to_thread(load_key, environment)
    async with AsyncExitStack() as stack:
        database_url = environment.database_url or await _keep_postgres(plan, supervisor, stack)
        await migrate(database_url)
        nats_url = environment.nats_url or await _keep_nats(plan, supervisor, stack)
        told = service_variables(plan, database_url, nats_url, key)
        await stack.enter_async_context(supervisor.keeping(_service_units(plan, told)))
        yield


async def _keep_postgres(plan: Plan, supervisor: Supervisor, stack: AsyncExitStack) -> str:
    cluster = await asyncio.to_thread(postgres.prepare, plan.folder / "postgres")
    await stack.enter_async_context(supervisor.keeping([postgres_unit(plan.folder, plan.variables)]))
    return cluster.url()


def postgres_unit(folder: Path, variables: Mapping[str, str]) -> Unit:
    """The embedded PostgreSQL of a data directory."""
    home = folder / "postgres"
    return Unit(
        name="postgres",
        make=lambda: postgres.program(postgres.prepare(home), variables),
        ready=lambda: postgres.accepts(postgres.locate(home)),
    )


async def _keep_nats(plan: Plan, supervisor: Supervisor, stack: AsyncExitStack) -> str:
    broker = await asyncio.to_thread(nats.prepare, plan.folder / "nats")

    def again() -> Program:
        nats.end_leftover(broker.home)
        return nats.program(broker, plan.variables)

    unit = Unit(name="nats", make=again, ready=partial(nats.accepts, broker))
    await stack.enter_async_context(supervisor.keeping([unit]))
    return broker.url


def service_variables(plan: Plan, database_url: str, nats_url: str, key: str) -> dict[str, str]:
    """The environment of a service: ours, with what only we know."""
    environment = plan.environment
    return {
        **plan.variables,
        "METARR_DATA_DIR": environment.data_dir,
        "METARR_HOST": environment.host,
        "METARR_PORT": str(environment.port),
        "METARR_DATABASE_URL": database_url,
        "METARR_NATS_URL": nats_url,
        "METARR_API_KEY": key,
        "PYTHONUNBUFFERED": "1",
    }


def _service_units(plan: Plan, variables: Mapping[str, str]) -> list[Unit]:
    units: list[Unit] = []
    for service in SERVICES:
        count = plan.scale.get(service, 1)
        names = [service] if count == 1 else [f"{service}-{number}" for number in range(1, count + 1)]
        ready = partial(answers, plan.environment) if service == "api" else None
        for name in names:
            told = {**variables, "METARR_WORKER_ID": worker_id(plan, name)}
            units.append(
                Unit(name=name, make=partial(_service, name, plan.command(service), told), ready=ready, chatty=True)
            )
    return units


def worker_id(plan: Plan, name: str) -> str:
    """The same after every restart: a worker that comes back under its name goes on with what it held at once, where one of a
    new name would have to wait until the old one is given up for dead."""
    return f"{name}@{socket.gethostname()}:{plan.folder}"


def _service(name: str, argv: tuple[str, ...], variables: Mapping[str, str]) -> Program:
    return Program(name=name, argv=argv, variables=variables, stop_timeout=_STOP_TIMEOUT)


def answers(environment: Environment) -> bool:
    """Whether GET /health answers 200 now. Blocks for at most five seconds."""
    return Client(local_address(environment), key=None, timeout=_HEALTH_TIMEOUT).is_healthy()


def check_port(host: str, port: int) -> None:
    """Raises ConfigurationError when nothing can listen there."""
    try:
        family, kind, _, _, where = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except socket.gaierror:
        raise ConfigurationError(f"METARR_HOST {host} is not an address of this machine") from None
    with socket.socket(family, kind) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(where)
            probe.listen()
        except OSError as fault:
            words = (
                "is in use by another program"
                if fault.errno == errno.EADDRINUSE
                else f"cannot be used: {fault.strerror}"
            )
            raise ConfigurationError(
                f"port {port} of {host} {words}: choose another with --port or METARR_PORT"
            ) from None


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
