"""`metarr demo`: makes the library, starts the system beside the stand-in provider, follows the work, reports, stays up."""

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path

from metarr_local.client import Client
from metarr_local.data_directory import api_key
from metarr_local.demo.library import make_library
from metarr_local.demo.provider import stand_in
from metarr_local.demo.report import Report, Screen
from metarr_local.system import Plan, local_address
from metarr_local.up import Stop, Voice, make_plan
from metarr_local.up import up as run_system

_LOOK_SECONDS = 0.25
_PATIENCE_SECONDS = 300.0
_QUIET_LOOKS = 3
"""The queue must be found empty this often in a row: between two jobs of a chain it is empty for a moment."""


def demo(folder: Path, port: int | None, host: str | None) -> int:
    """Run the demo in `folder` until Ctrl-C; the exit code. Raises ConfigurationError when the system cannot start."""
    folder = folder.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    library = folder / "library"
    screen = Screen()
    if make_library(library):
        screen.say(f"made a library of small films in {library}")
    with stand_in(folder / "provider_port") as told:
        plan = make_plan(
            data_dir=os.environ.get("METARR_DATA_DIR", str(folder / "data")),
            host=host,
            port=port,
            variables=dict(os.environ) | dict(told),
        )
        return run_system(plan, _Guide(library, screen).show, _Murmur(screen))


class _Murmur(Voice):
    """The services' logs are in files; on the screen only the system itself speaks, and who has trouble."""

    def __init__(self, screen: Screen) -> None:
        super().__init__()
        self._screen = screen

    def say(self, name: str, line: str) -> None:
        if name == "metarr":
            self._screen.say(line)
        elif "[error" in line or "[critical" in line:
            super().say(name, line)


class _Guide:
    """Leads through the demo once the API answers."""

    def __init__(self, library: Path, screen: Screen) -> None:
        self._library = library
        self._screen = screen

    async def show(self, plan: Plan, stop: Stop) -> None:
        """Scan, follow, report; ends early when the person stops."""
        client = Client(local_address(plan.environment), api_key(plan.folder, plan.environment.api_key))
        work = asyncio.create_task(self._work(client))
        stopped = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({work, stopped}, return_when=asyncio.FIRST_COMPLETED)
            if work.done():
                self._screen.show(work.result(), local_address(plan.environment), plan.folder)
        finally:
            work.cancel()
            stopped.cancel()
            await asyncio.gather(work, stopped, return_exceptions=True)

    async def _work(self, client: Client) -> Report:
        before = await asyncio.to_thread(_modified, self._library)
        library_id = await asyncio.to_thread(self._ensure_library, client)
        await asyncio.to_thread(client.post, f"/libraries/{library_id}/scan", {})
        await self._follow(client, library_id)
        after = await asyncio.to_thread(_modified, self._library)
        return await asyncio.to_thread(Report.read, client, library_id, self._library, _differing(before, after))

    def _ensure_library(self, client: Client) -> int:
        for library in client.every("/libraries"):
            if library["path"] == str(self._library):
                return int(library["id"])
        created = client.post("/libraries", {"name": "Demo", "path": str(self._library), "type": "movie"})
        return int(created["id"])

    async def _follow(self, client: Client, library_id: int) -> None:
        """Show how far the work is until the queue stays empty."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + _PATIENCE_SECONDS
        quiet = 0
        with self._screen.progress() as progress:
            while quiet < _QUIET_LOOKS and loop.time() < deadline:
                state = await asyncio.to_thread(_state, client, library_id)
                progress(state)
                quiet = quiet + 1 if state["open"] == 0 else 0
                await asyncio.sleep(_LOOK_SECONDS)


def _state(client: Client, library_id: int) -> dict[str, int]:
    """How many jobs are open and done, how many films are known, identified, enriched."""
    counts = {
        "open": sum(client.get("/jobs", status=status, limit=1)["total"] for status in ("pending", "running")),
        "done": client.get("/jobs", status="completed", limit=1)["total"],
        "films": client.get("/movies", library_id=library_id, limit=1)["total"],
    }
    for status in ("identified", "enriched"):
        counts[status] = client.get("/movies", library_id=library_id, identification_status=status, limit=1)["total"]
    return counts


def _modified(root: Path) -> Mapping[str, int]:
    """Modification times (ns) of all files below a folder."""
    found = {}
    for folder, _, names in os.walk(root):
        for name in names:
            path = os.path.join(folder, name)
            found[os.path.relpath(path, root)] = os.lstat(path).st_mtime_ns
    return found


def _differing(before: Mapping[str, int], after: Mapping[str, int]) -> list[str]:
    return sorted(path for path, when in after.items() if before.get(path) != when)
