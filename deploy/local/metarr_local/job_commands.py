"""`metarr jobs`: what runs, what waits and why, what failed and how to go on."""

from typing import Annotated, Any
from urllib.parse import quote

from cyclopts import App, Parameter
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from metarr_local.place import HERE, Place

app = App(name="jobs", help="The jobs: what runs, waits or failed.")

_MOST = 500
_COUNTED = 10_000
"""Further the API does not count."""
_PLACES = {"library": "libraries", "provider": "providers"}


@app.default
def show(
    *,
    status: Annotated[str | None, Parameter(help="pending, running, completed, failed or cancelled.")] = None,
    kind: Annotated[str | None, Parameter(help="For instance scan_library.")] = None,
    limit: Annotated[int, Parameter(help="How many, at most 500.")] = 30,
    place: Place = HERE,
) -> None:
    """List jobs, the newest first."""
    answer = place.client().get("/jobs", status=status, kind=kind, limit=min(max(limit, 1), _MOST))
    table = Table("id", "kind", "status", "tries", "about", "says", box=None)
    for job in answer["items"]:
        about = job["title"] or (f"{job['entity_type']} {job['entity_id']}" if job["entity_id"] else "")
        table.add_row(
            str(job["id"]), job["kind"], job["status"], str(job["attempts"]), escape(about), escape(_says(job))
        )
    Console().print(table)
    if answer["next_cursor"]:
        print(f"of {answer['total']}{'+' * (answer['total'] >= _COUNTED)}; --limit shows more")
    for pause in place.client().get("/pauses")["items"]:
        print(
            f"{pause['scope']} is paused ({pause['reason']}) and holds {pause['held']}; metarr jobs resume {pause['scope']}"
        )


@app.command
def retry(job_id: int, *, place: Place = HERE) -> None:
    """Let a failed or cancelled job run again."""
    place.client().post(f"/jobs/{job_id}/retry")
    print(f"job {job_id} runs again")


@app.command
def cancel(job_id: int, *, place: Place = HERE) -> None:
    """Take back a job that waits, or end one that runs."""
    place.client().post(f"/jobs/{job_id}/cancel")
    print(f"job {job_id} is cancelled")


@app.command
def pause(
    scope: Annotated[str, Parameter(help="A service, as publisher; library:3; provider:tmdb.")],
    *,
    reason: Annotated[str | None, Parameter(help="Why, for whoever looks later.")] = None,
    place: Place = HERE,
) -> None:
    """Let no job of a service, a library or a provider start until it is resumed; what runs goes on."""
    place.client().post(f"{_path(scope)}/pause", {"reason": reason})
    print(f"{scope} is paused")


@app.command
def resume(
    scope: Annotated[str, Parameter(help="As it was paused.")],
    *,
    place: Place = HERE,
) -> None:
    """Let the jobs of a service, a library or a provider start again."""
    place.client().post(f"{_path(scope)}/resume")
    print(f"{scope} goes on")


def _path(scope: str) -> str:
    """Where a scope is paused: `library:3` below libraries, `provider:tmdb` below providers, a service below queues."""
    kind, _, name = scope.rpartition(":")
    return f"/{_PLACES.get(kind, 'queues')}/{quote(name, safe='')}"


def _says(job: dict[str, Any]) -> str:
    """The one thing worth knowing about a job: why it waits, how far it is, or what went wrong."""
    if job["waits_because"]:
        return str(job["waits_because"])
    if job["status"] == "running" and job["progress"]:
        progress = job["progress"]
        return f"{progress['done']} of {progress['total']}: {progress['doing']}"
    return str(job["error_message"] or "")
