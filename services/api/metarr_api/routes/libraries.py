"""Libraries: add, show, change, remove, scan."""

from typing import Literal

from litestar import Controller, delete, get, patch, post
from msgspec import UNSET, Struct, UnsetType

from metarr import queue
from metarr.db.queries import libraries
from metarr.db.queries.libraries import LibraryShown
from metarr.errors import Conflict
from metarr.messages.jobs import ScanLibrary
from metarr_api.folders import inside, refuse_overlap, usable_folder
from metarr_api.inputs import Asked, read_body, read_query
from metarr_api.paging import Page, PageQuery, page_by_id, place_by_id
from metarr_api.parameters import Given, PathId
from metarr_api.routes.doing import JobStarted, found, start
from metarr_api.words import FolderPath, Name

_ORDER = "libraries"


class LibraryNew(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A folder to be watched; `path` is absolute."""

    name: Name
    path: FolderPath
    type: Literal["movie", "tv", "music"]
    enabled: bool = True


class LibraryEdit(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is not given stays. With a new `path` everything is looked at anew at the next scan."""

    name: Name | UnsetType = UNSET
    path: FolderPath | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET


class ScanAsked(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`path` limits the scan to a folder of the library; `full` reads unchanged folders too."""

    path: FolderPath | None = None
    full: bool = False


class LibraryRoutes(Controller):
    """Libraries: add, show, change, remove, scan."""

    @get("/libraries", opt={"query": PageQuery})
    async def list_libraries(self, request: Asked, tools: Given) -> Page[LibraryShown]:
        """All libraries with their counts and the state of their disks."""
        query = read_query(request, PageQuery)
        after = place_by_id(tools.key, _ORDER, query.cursor)
        async with tools.db.read() as conn:
            rows, total = await libraries.list_libraries(conn, after=after or 0, limit=query.limit + 1)
        return page_by_id(tools.key, _ORDER, rows, limit=query.limit, total=total)

    @post("/libraries", opt={"body": LibraryNew})
    async def add_library(self, request: Asked, tools: Given) -> LibraryShown:
        """Watch a folder. 400 when it cannot be read, 409 when it overlaps another library."""
        new = await read_body(request, LibraryNew)
        path = await usable_folder(new.path)
        async with tools.db.transaction() as conn:
            await refuse_overlap(path, await libraries.hold_libraries(conn))
            number = await libraries.add_library(
                conn, name=new.name.strip(), path=path, type=new.type, enabled=new.enabled
            )
            return found(await libraries.load_library(conn, number), "library", number)

    @get("/libraries/{library_id:int}")
    async def get_library(self, library_id: PathId, tools: Given) -> LibraryShown:
        """One library."""
        async with tools.db.read() as conn:
            return found(await libraries.load_library(conn, library_id), "library", library_id)

    @patch("/libraries/{library_id:int}", opt={"body": LibraryEdit})
    async def edit_library(self, library_id: PathId, request: Asked, tools: Given) -> LibraryShown:
        """Rename, move, switch on or off."""
        edit = await read_body(request, LibraryEdit)
        path = None if edit.path is UNSET else await usable_folder(edit.path)
        async with tools.db.transaction() as conn:
            others = await libraries.hold_libraries(conn, but=library_id)
            now = found(await libraries.load_library(conn, library_id), "library", library_id)
            if path is not None and path != now.path:
                await refuse_overlap(path, others)
                await libraries.move_library(conn, library_id, path)
            await libraries.change_library(
                conn,
                library_id,
                name=None if edit.name is UNSET else edit.name.strip(),
                enabled=None if edit.enabled is UNSET else edit.enabled,
            )
            return found(await libraries.load_library(conn, library_id), "library", library_id)

    @delete("/libraries/{library_id:int}")
    async def remove_library(self, library_id: PathId, tools: Given) -> None:
        """Forget a library, what is known of its items, and its pause; no file is touched."""
        async with tools.db.transaction() as conn:
            found(await libraries.remove_library(conn, library_id) or None, "library", library_id)
            services = await queue.resume(conn, f"library:{library_id}")
        await tools.bus.ring(sorted(services))

    @post("/libraries/{library_id:int}/scan", status_code=202, opt={"body": ScanAsked, "body_optional": True})
    async def scan_library(self, library_id: PathId, request: Asked, tools: Given) -> JobStarted:
        """Look for what changed. A scan that waits already is the one that is returned."""
        asked = await read_body(request, ScanAsked, optional=True)
        async with tools.db.read() as conn:
            library = found(await libraries.load_library(conn, library_id), "library", library_id)
        if not library.enabled:
            raise Conflict(f"library {library_id} is switched off; PATCH it with enabled true first")
        path = None if asked.path is None else inside(library.path, asked.path)
        whole = path is None or path == library.path
        return await start(
            tools, request, ScanLibrary(library_id=library_id, path=None if whole else path, full=asked.full)
        )
