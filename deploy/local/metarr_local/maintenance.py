"""A database for commands that work on all of it, whether the system runs or not."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from metarr.errors import DatabaseUnavailable
from metarr.runtime.environment import Environment
from metarr_local import data_directory, postgres
from metarr_local.supervisor import Supervisor
from metarr_local.system import postgres_unit


@asynccontextmanager
async def database(environment: Environment, *, alone: bool = False) -> AsyncIterator[str]:
    """The address of the database; the embedded one is started for the time of the block when it does not run.

    With `alone` a system that runs on the data directory is refused: the whole content is about to change.
    Raises ConfigurationError, DatabaseUnavailable.
    """
    folder = Path(environment.data_dir)
    if not alone and environment.database_url is not None:
        yield environment.database_url
    elif not alone and data_directory.is_held(folder):
        yield await asyncio.to_thread(_running, folder)
    else:
        with data_directory.held(folder):
            async with _started(environment, folder) as url:
                yield url


@asynccontextmanager
async def _started(environment: Environment, folder: Path) -> AsyncIterator[str]:
    if environment.database_url is not None:
        yield environment.database_url
        return
    async with Supervisor(folder, _say_nothing).keeping([postgres_unit(folder, os.environ)]):
        yield postgres.locate(folder / "postgres").url()


def _running(folder: Path) -> str:
    cluster = postgres.locate(folder / "postgres")
    if not postgres.accepts(cluster):
        raise DatabaseUnavailable(f"the PostgreSQL of {folder} does not answer; see {folder}/logs/postgres.log")
    return cluster.url()


def _say_nothing(_name: str, _line: str) -> None:
    """The server's words are in its log."""
