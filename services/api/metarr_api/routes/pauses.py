"""Pauses: what a person has brought to a standstill, a library or a provider at a time; those of services are with the queues."""

from litestar import Controller, get, post
from msgspec import Struct

from metarr import queue
from metarr.db.queries import libraries, pauses
from metarr.db.queries.libraries import LibraryShown
from metarr.db.queries.pauses import PauseShown
from metarr_api.inputs import Asked, read_body
from metarr_api.paging import Page
from metarr_api.parameters import Given, PathId, PathWord
from metarr_api.routes.doing import found
from metarr_api.routes.settings import ProviderShown, known_provider, show_provider
from metarr_api.words import Line

BY_A_PERSON = "paused by a person"


class Reason(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why, for whoever looks later."""

    reason: Line | None = None

    @property
    def text(self) -> str:
        return self.reason or BY_A_PERSON


class PauseRoutes(Controller):
    """What stands still, and how it is stopped and let go."""

    @get("/pauses")
    async def list_pauses(self, tools: Given) -> Page[PauseShown]:
        """All pauses of services, libraries and providers, and how many jobs each holds."""
        async with tools.db.read() as conn:
            rows = await pauses.list_pauses(conn)
        return Page(items=rows, total=len(rows))

    @post("/libraries/{library_id:int}/pause", status_code=200, opt={"body": Reason, "body_optional": True})
    async def pause_library(self, library_id: PathId, request: Asked, tools: Given) -> LibraryShown:
        """No job about this library or its items starts until it is resumed, also after a restart; what runs goes on."""
        asked = await read_body(request, Reason, optional=True)
        async with tools.db.transaction() as conn:
            found(await pauses.hold_library(conn, library_id), "library", library_id)
            await queue.pause(conn, f"library:{library_id}", asked.text)
            return found(await libraries.load_library(conn, library_id), "library", library_id)

    @post("/libraries/{library_id:int}/resume", status_code=200)
    async def resume_library(self, library_id: PathId, tools: Given) -> LibraryShown:
        """Let its jobs start again."""
        async with tools.db.transaction() as conn:
            found(await pauses.hold_library(conn, library_id), "library", library_id)
            services = await queue.resume(conn, f"library:{library_id}")
            row = found(await libraries.load_library(conn, library_id), "library", library_id)
        await tools.bus.ring(sorted(services))
        return row

    @post("/providers/{provider_name:str}/pause", status_code=200, opt={"body": Reason, "body_optional": True})
    async def pause_provider(self, provider_name: PathWord, request: Asked, tools: Given) -> ProviderShown:
        """It is asked nothing until it is resumed; jobs that would ask it wait, and nothing is decided without it."""
        asked = await read_body(request, Reason, optional=True)
        async with tools.db.transaction() as conn:
            await queue.pause(conn, f"provider:{known_provider(provider_name)}", asked.text)
            return await show_provider(conn, provider_name)

    @post("/providers/{provider_name:str}/resume", status_code=200)
    async def resume_provider(self, provider_name: PathWord, tools: Given) -> ProviderShown:
        """It may be asked again."""
        async with tools.db.transaction() as conn:
            services = await queue.resume(conn, f"provider:{known_provider(provider_name)}")
            row = await show_provider(conn, provider_name)
        await tools.bus.ring(sorted(services))
        return row
