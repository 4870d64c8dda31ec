"""`metarr schedules`: what comes by the clock, when it comes next, and how to have it now."""

from datetime import datetime
from typing import Annotated

from cyclopts import App, Parameter
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from metarr_local.place import HERE, Place

app = App(name="schedules", help="What comes by the clock: list, change, run now.")


@app.default
def show(*, place: Place = HERE) -> None:
    """List the schedules with their next times, as clocks here show them."""
    table = Table("name", "cron", "zone", "next", "last", "says", box=None)
    for row in place.client().get("/schedules")["items"]:
        says = row["problem"] or ("" if row["enabled"] else "switched off")
        times = (_time(row["next_run_at"]), _time(row["last_run_at"]))
        table.add_row(row["name"], escape(row["cron"]), escape(row["timezone"]), *times, escape(says))
    Console().print(table)


@app.command
def run(name: str, *, place: Place = HERE) -> None:
    """Do it now, also when it is switched off."""
    jobs = place.client().post(f"/schedules/{name}/run")["job_ids"]
    print(f"{name} is job {', '.join(map(str, jobs))}" if jobs else f"{name}: there is nothing to do")


@app.command(name="set")
def change(
    name: str,
    *,
    cron: Annotated[str | None, Parameter(help='Minute hour day month weekday, as "30 3 * * *".')] = None,
    timezone: Annotated[str | None, Parameter(help="As Europe/Berlin; local is the server's.")] = None,
    enabled: Annotated[bool | None, Parameter(help="Whether it comes at all.", negative="--disabled")] = None,
    place: Place = HERE,
) -> None:
    """Change when it comes, or switch it on or off."""
    given = {"cron": cron, "timezone": timezone, "enabled": enabled}
    row = place.client().patch(
        f"/schedules/{name}", {field: value for field, value in given.items() if value is not None}
    )
    print(f"{name} comes next at {_time(row['next_run_at'])}" if row["next_run_at"] else f"{name} is switched off")


def _time(given: str | None) -> str:
    return datetime.fromisoformat(given).astimezone().strftime("%Y-%m-%d %H:%M") if given else ""
