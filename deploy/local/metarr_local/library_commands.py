"""`metarr libraries`: what is watched, and looking through it again."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import App, Parameter
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from metarr.errors import NotFound
from metarr_local.client import Client
from metarr_local.place import HERE, Place

app = App(name="libraries", help="The libraries: add, list, scan.")


@app.command(name="list")
def show(*, place: Place = HERE) -> None:
    """List the libraries with the state of their disks."""
    table = Table("id", "name", "type", "items", "waiting for you", "disk", "path", box=None)
    for row in place.client().every("/libraries"):
        says = [row["mount_state"], row["mount_detail"], row["problem"]]
        counts = (str(row["item_count"]), str(row["unidentified_count"]))
        disk = "; ".join(word for word in says if word)
        table.add_row(str(row["id"]), escape(row["name"]), row["type"], *counts, escape(disk), escape(row["path"]))
    Console().print(table)


@app.command
def add(
    path: Path,
    *,
    name: Annotated[str | None, Parameter(help="What to call it; the folder's name by default.")] = None,
    kind: Annotated[Literal["movie", "tv", "music"], Parameter(name=["--type", "-t"])] = "movie",
    scan: Annotated[bool, Parameter(help="Look through it at once.")] = True,
    place: Place = HERE,
) -> None:
    """Watch a folder."""
    client = place.client()
    whole = path.expanduser().absolute()
    row = client.post("/libraries", {"name": name or whole.name or str(whole), "path": str(whole), "type": kind})
    print(f"library {row['id']}: {row['name']} in {row['path']}")
    if scan:
        _scan(client, row["id"], {})


@app.command
def scan(
    library: Annotated[str, Parameter(help="Its id or its name.")],
    *,
    path: Annotated[Path | None, Parameter(help="Only this folder of it.")] = None,
    full: Annotated[bool, Parameter(help="Read folders again that have not changed.", negative="")] = False,
    place: Place = HERE,
) -> None:
    """Look through a library, or one folder of it, for what changed."""
    client = place.client()
    wanted = {"path": str(path.expanduser().absolute())} if path else {}
    _scan(client, _find(client, library), {**wanted, "full": full})


def _find(client: Client, wanted: str) -> int:
    for row in client.every("/libraries"):
        if str(row["id"]) == wanted or row["name"].casefold() == wanted.casefold():
            return int(row["id"])
    raise NotFound(f"there is no library {wanted!r}; `metarr libraries list` shows them")


def _scan(client: Client, library_id: int, wanted: Mapping[str, Any]) -> None:
    answer = client.post(f"/libraries/{library_id}/scan", wanted)
    print(f"scan is job {answer['job_id']}; `metarr jobs` shows it")
