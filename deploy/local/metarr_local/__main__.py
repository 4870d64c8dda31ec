"""The command `metarr`: the system on one machine, and the person's side of the API."""

import asyncio
import logging
import sys
from pathlib import Path
from typing import Annotated

import structlog
from cyclopts import App, Parameter

from metarr.db.migrate import migrate as bring_up_to_date
from metarr.errors import ConfigurationError, MetarrError
from metarr.runtime import VERSION
from metarr_api.key import load_key
from metarr_local import backup as backups
from metarr_local import doctor, job_commands, library_commands, maintenance, schedule_commands
from metarr_local.place import HERE, Place
from metarr_local.up import up as run_system

app = App(name="metarr", help="Looks after the metadata and artwork of your film library.", version=VERSION)
app.command(library_commands.app)
app.command(job_commands.app)
app.command(schedule_commands.app)


@app.command
def up(
    *,
    scale: Annotated[tuple[str, ...], Parameter(help="More processes of a service: scanner=2.", negative="")] = (),
    place: Place = HERE,
) -> int:
    """Start everything in the foreground; Ctrl-C ends it."""
    return run_system(place.plan(scale))


@app.command
def migrate(*, place: Place = HERE) -> None:
    """Bring the database to this version's tables."""
    applied = asyncio.run(_migrate(place))
    print(f"applied {', '.join(applied)}" if applied else "the database is up to date")


async def _migrate(place: Place) -> list[str]:
    async with maintenance.database(place.environment()) as url:
        return await bring_up_to_date(url)


@app.command(name="doctor")
def examine(*, place: Place = HERE) -> int:
    """Look whether everything is as it should be, and say what to do where it is not."""
    return doctor.report(doctor.examine(place.plan()))


@app.command
def apikey(*, place: Place = HERE) -> None:
    """Print the key that the API asks for."""
    print(load_key(place.environment()))


@app.command
def backup(
    target: Annotated[Path | None, Parameter(help="The file to write; in the data directory by default.")] = None,
    *,
    artwork: Annotated[bool, Parameter(help="Put the cached pictures in as well.")] = False,
    place: Place = HERE,
) -> None:
    """Write database, settings and key into one file; the system may run meanwhile."""
    print(backups.backup(place.environment(), target, artwork=artwork))


@app.command
def restore(
    source: Path,
    *,
    force: Annotated[bool, Parameter(help="Replace a database that holds libraries.", negative="")] = False,
    place: Place = HERE,
) -> None:
    """Put a backup in place of what is there; the system must not run."""
    manifest = backups.restore(place.environment(), source, force=force)
    print(f"restored the backup of {manifest.created_at}, made by Metarr {manifest.version}")


@app.command
def demo(
    folder: Annotated[Path, Parameter(help="Where library and data of the demo lie.")] = Path(".demo"),
    *,
    host: Annotated[str | None, Parameter(help="The address the API listens on (METARR_HOST).")] = None,
    port: Annotated[int | None, Parameter(help="The port the API listens on (METARR_PORT).")] = None,
) -> int:
    """A small library of real films from scan to NFO, against a stand-in provider; Ctrl-C ends it."""
    from metarr_local.demo.run import demo as run_demo  # the films' and pictures' libraries are heavy

    return run_demo(folder, port, host)


def main() -> None:
    """Run the command line: exit code 2 for a configuration that cannot work, 1 for anything else that went wrong."""
    # A command speaks for itself; only the services log.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    try:
        code = app(result_action="return_value")
    except (MetarrError, ExceptionGroup) as fault:
        cause = _first(fault)
        if not isinstance(cause, MetarrError):
            raise
        print(f"metarr: {cause}", file=sys.stderr)
        sys.exit(2 if isinstance(cause, ConfigurationError) else 1)
    sys.exit(code if isinstance(code, int) else 0)


def _first(fault: BaseException) -> BaseException:
    """What went wrong first, out of the groups that tasks wrap it in."""
    while isinstance(fault, BaseExceptionGroup):
        fault = fault.exceptions[0]
    return fault


if __name__ == "__main__":
    main()
