"""Collections: sets of films, their texts, their artwork, their history."""

from typing import Literal

import msgspec
from litestar import Controller, get, patch
from msgspec import UNSET, Struct, UnsetType

from metarr.db import Connection
from metarr.db.queries import collections_view, movie_edits
from metarr.db.queries.collections_view import CollectionHeld, CollectionListed, MemberShown
from metarr.db.queries.history import record_changes
from metarr.db.queries.movie_edits import HistoryEntry
from metarr.domain.merge import FieldChange
from metarr.errors import Conflict, NotFound
from metarr.messages.facts import ItemEdited
from metarr.messages.jobs import HIGH
from metarr.runtime import Recorded, record
from metarr_api.edits import USER, Lock
from metarr_api.inputs import Asked, read_body, read_query
from metarr_api.paging import Page, PageQuery, seal, unseal
from metarr_api.parameters import Given, PathId
from metarr_api.routes.doing import found, history, in_transaction, trace_of
from metarr_api.tools import Tools
from metarr_api.words import Line, Name, Prose

COLLECTION: Literal["collection"] = "collection"
_ORDER = "collections"


class CollectionQuery(PageQuery, frozen=True, kw_only=True):
    """Which collections."""

    q: Line | None = None


class CollectionShown(CollectionListed, frozen=True, kw_only=True):
    """A collection with its films."""

    movies: list[MemberShown]


class CollectionEdit(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Fields that are not given stay; null clears the plot. What changes is locked, unless its lock is given too."""

    name: Name | UnsetType = UNSET
    plot: Prose | UnsetType | None = UNSET
    name_locked: Lock = UNSET
    plot_locked: Lock = UNSET
    poster_locked: Lock = UNSET
    fanart_locked: Lock = UNSET


class CollectionRoutes(Controller):
    """Sets of films."""

    @get("/collections", opt={"query": CollectionQuery})
    async def get_collections(self, request: Asked, tools: Given) -> Page[CollectionListed]:
        """Collections by name."""
        query = read_query(request, CollectionQuery)
        place = unseal(tools.key, _ORDER, query.cursor, tuple[str, int])
        async with tools.db.read() as conn:
            items, last, total = await collections_view.list_collections(
                conn,
                asset_prefix=tools.asset_prefix,
                q=(query.q or "").strip() or None,
                after=place,
                limit=query.limit,
            )
        return Page(items=items, next_cursor=seal(tools.key, _ORDER, last) if last else None, total=total)

    @get("/collections/{collection_id:int}")
    async def get_collection(self, collection_id: PathId, tools: Given) -> CollectionShown:
        """One collection with its films."""
        async with tools.db.read() as conn:
            return await _shown(conn, tools, collection_id)

    @patch("/collections/{collection_id:int}", opt={"body": CollectionEdit})
    async def edit_collection(self, collection_id: PathId, request: Asked, tools: Given) -> CollectionShown:
        """Set name, plot and locks; its films are published again."""
        edit = await read_body(request, CollectionEdit)

        async def change(conn: Connection) -> tuple[Recorded, CollectionShown]:
            recorded = await _edit(conn, tools, collection_id, edit, trace_of(request))
            return recorded, await _shown(conn, tools, collection_id)

        recorded, collection = await in_transaction(tools, change)
        await tools.tell(recorded)
        return collection

    @get("/collections/{collection_id:int}/history", opt={"query": PageQuery})
    async def get_collection_history(self, collection_id: PathId, request: Asked, tools: Given) -> Page[HistoryEntry]:
        """Who or what changed which field when, the newest first."""
        async with tools.db.read() as conn:
            if not await collections_view.collection_exists(conn, collection_id):
                raise NotFound(f"there is no collection {collection_id}")
            return await history(conn, tools, request, COLLECTION, collection_id)


async def _edit(conn: Connection, tools: Tools, collection_id: int, edit: CollectionEdit, trace_id: str) -> Recorded:
    held = found(await collections_view.hold_collection(conn, collection_id), COLLECTION, collection_id)
    name = held.name if edit.name is UNSET else edit.name.strip()
    plot = held.plot if edit.plot is UNSET else (edit.plot or "").strip() or None
    changes = [
        FieldChange(field=field, old=old, new=new, source=USER)
        for field, old, new in (("name", held.name, name), ("plot", held.plot, plot))
        if old != new
    ]
    locks = _locks(held, [change.field for change in changes], edit)
    if name != held.name and await collections_view.is_name_taken(conn, collection_id, name):
        raise Conflict(f"there is another collection called {name}")
    if changes:
        await collections_view.store_collection_text(conn, collection_id, name=name, plot=plot)
        await record_changes(conn, COLLECTION, collection_id, changes)
    await movie_edits.set_locks(conn, COLLECTION, collection_id, locks)
    films = await collections_view.load_members(conn, collection_id, asset_prefix="") if changes else []
    facts = [ItemEdited(entity_type="movie", entity_id=film.id, fields=(COLLECTION,)) for film in films]
    return await record(conn, facts, priority=HIGH, trace_id=trace_id)


def _locks(held: CollectionHeld, changed: list[str], edit: CollectionEdit) -> frozenset[str]:
    """What changed is locked; what is said about a lock itself wins."""
    said = {name: getattr(edit, f"{name}_locked") for name in ("name", "plot", "poster", "fanart")}
    wanted = dict.fromkeys(held.locks, True) | dict.fromkeys(changed, True)
    wanted |= {name: lock for name, lock in said.items() if lock is not UNSET}
    return frozenset(name for name, locked in wanted.items() if locked)


async def _shown(conn: Connection, tools: Tools, collection_id: int) -> CollectionShown:
    row = found(
        await collections_view.load_collection(conn, collection_id, asset_prefix=tools.asset_prefix),
        COLLECTION,
        collection_id,
    )
    films = await collections_view.load_members(conn, collection_id, asset_prefix=tools.asset_prefix)
    return CollectionShown(**msgspec.structs.asdict(row), movies=films)
