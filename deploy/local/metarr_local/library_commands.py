"""`metarr libraries`: what is watched, and looking through it again."""

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter
from rich.console import Console
from rich.table import Table

from metarr.errors import NotFound
from metarr_local.client import Client
from metarr_local.place import HERE, Place

app = App(name="libraries", help="The libraries: add, list, scan.")


@app.command(name="list")
def show(*, place: Place = HERE) -> None:
    """List the libraries with the state of their disks."""
    table = Table("id", "name", "type", "path", "disk", "items", box=None)
    for row in place.client().every("/libraries"):
        items = row.get("item_count", row.get("counts", ""))
        disk = " ".join(str(word) for word in (row.get("mount_state"), row.get("mount_detail")) if word)
        table.add_row(str(row["id"]), row["name"], row["type"], row["path"], disk, _counted(items))
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
        _scan(client, row["id"], None)


@app.command
def scan(
    library: Annotated[str, Parameter(help="Its id or its name.")],
    *,
    path: Annotated[str | None, Parameter(help="Only this folder of it.")] = None,
    place: Place = HERE,
) -> None:
    """Look through a library, or one folder of it, for what changed."""
    client = place.client()
    _scan(client, _find(client, library), path)


def _find(client: Client, wanted: str) -> int:
    for row in client.every("/libraries"):
        if str(row["id"]) == wanted or row["name"].casefold() == wanted.casefold():
            return int(row["id"])
    raise NotFound(f"there is no library {wanted!r}; `metarr libraries list` shows them")


def _scan(client: Client, library_id: int, path: str | None) -> None:
    answer = client.post(f"/libraries/{library_id}/scan", {"path": path} if path else {})
    print(f"scan is job {answer['job_id']}; `metarr jobs` shows it")


def _counted(items: object) -> str:
    if isinstance(items, dict):
        return " ".join(f"{name} {count}" for name, count in items.items())
    return str(items)
