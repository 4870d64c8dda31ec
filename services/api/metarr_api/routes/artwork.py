"""Artwork of films and collections: what each slot shows and could show; choose, upload, clear, lock."""

from typing import Literal

import msgspec
from litestar import Controller, delete, get, post, put
from msgspec import UNSET, Struct, UnsetType

from metarr.db import Connection
from metarr.db.queries import artwork_view
from metarr.db.queries.artwork_view import SlotState
from metarr.db.queries.assets import SLOT_TABLES, CandidateRow, StoredAsset
from metarr.db.queries.assets_picking import clear_slot, pick_candidate, shown_before, undo_slot
from metarr.db.queries.history import record_changes
from metarr.domain.merge import FieldChange
from metarr.errors import Conflict, Invalid, NotFound
from metarr.messages.facts import AnyFact, AssetPicked, ItemEdited
from metarr.messages.jobs import HIGH
from metarr.messages.requests import FileMended, ImageStored, MendFile, ScorePart, StoreImage
from metarr.runtime import Recorded, record
from metarr_api.edits import USER
from metarr_api.inputs import Asked, content_type, read_body
from metarr_api.parameters import Given, PathId, PathWord
from metarr_api.routes.doing import found, in_transaction, trace_of
from metarr_api.tools import Tools
from metarr_api.uploads import MOST_UPLOAD, kept_upload
from metarr_api.words import Id, Url

type Owner = Literal["movie", "collection"]

_MULTIPART = "multipart/form-data"
_PATIENCE = 60.0
"""Seconds for fetching and looking at one picture."""


class AssetShown(Struct, frozen=True, kw_only=True):
    """A stored picture; `url` is a path on this server, `file_size` in bytes."""

    url: str
    content_hash: str
    mime_type: str
    width: int | None
    height: int | None
    file_size: int
    source_type: str
    provider_name: str | None


class CandidateShown(Struct, frozen=True, kw_only=True):
    """A picture that a slot can show. `score` is 0-100 with its `score_parts`; `asset` is there once it is in the store.

    `preview_url` is a path on this server that shows it small, whether it is in the store or not. `reason` says why it is shown or not;
    `same_as` is the candidate that stands for this one, the same picture and larger.
    """

    id: int
    source_type: str
    provider_name: str | None
    source_url: str
    width: int | None
    height: int | None
    language: str | None
    vote_average: float | None
    vote_count: int | None
    likes: int | None
    score: float | None
    score_parts: list[ScorePart]
    status: str
    reason: str | None
    same_as: int | None
    asset: AssetShown | None
    preview_url: str


_COPIED = tuple(
    name for name in CandidateShown.__struct_fields__ if name not in ("score_parts", "asset", "preview_url")
)


class SlotShown(Struct, frozen=True, kw_only=True):
    """A slot: what it shows and the candidates, the best first."""

    asset_type: str
    locked: bool
    chosen: AssetShown | None
    candidates: list[CandidateShown]


class AssetChoice(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One of the three: a candidate, an address to take a picture from, or the lock alone."""

    candidate_id: Id | UnsetType = UNSET
    url: Url | UnsetType = UNSET
    locked: bool | UnsetType = UNSET


def artwork_routes(owner: Owner, plural: str) -> type[Controller]:
    """The routes of one kind of owner."""

    class ArtworkRoutes(Controller):
        """What the slots show, and choosing it."""

        @get(f"/{plural}/{{item_id:int}}/assets", opt={"id": f"get_{owner}_assets"})
        async def get_assets(self, item_id: PathId, tools: Given) -> dict[str, SlotShown]:
            """Chosen and candidate images by type, each with its score explained."""
            async with tools.db.read() as conn:
                return await _shown(conn, tools, owner, item_id)

        @put(
            f"/{plural}/{{item_id:int}}/assets/{{asset_type:str}}",
            opt={"id": f"put_{owner}_asset", "body": AssetChoice, "upload": True},
            request_max_body_size=MOST_UPLOAD,
        )
        async def put_asset(self, item_id: PathId, asset_type: PathWord, request: Asked, tools: Given) -> SlotShown:
            """Choose a candidate, an address or an uploaded file, which locks the slot; or set the lock alone."""
            await _check(tools, owner, item_id, asset_type)
            recorded = await _put(tools, request, owner, item_id, asset_type)
            await tools.tell(recorded)
            return await _slot(tools, owner, item_id, asset_type)

        @delete(
            f"/{plural}/{{item_id:int}}/assets/{{asset_type:str}}",
            status_code=200,
            opt={"id": f"delete_{owner}_asset"},
        )
        async def delete_asset(self, item_id: PathId, asset_type: PathWord, request: Asked, tools: Given) -> SlotShown:
            """Show nothing in this slot, and lock it, so that automation leaves it empty."""
            await _check(tools, owner, item_id, asset_type)
            await tools.tell(await _clear(tools, request, owner, item_id, asset_type))
            return await _slot(tools, owner, item_id, asset_type)

        @post(
            f"/{plural}/{{item_id:int}}/assets/{{asset_type:str}}/undo",
            status_code=200,
            opt={"id": f"undo_{owner}_asset"},
        )
        async def undo_asset(self, item_id: PathId, asset_type: PathWord, request: Asked, tools: Given) -> SlotShown:
            """Show what this slot showed before its last change, whoever made that, and lock it; undoing twice leads back."""
            await _check(tools, owner, item_id, asset_type)
            await tools.tell(await _undo(tools, request, owner, item_id, asset_type))
            return await _slot(tools, owner, item_id, asset_type)

    return ArtworkRoutes


async def _put(tools: Tools, request: Asked, owner: Owner, item_id: int, asset_type: str) -> Recorded:
    if content_type(request) == _MULTIPART:
        async with kept_upload(request, tools.environment.data_dir) as upload:
            candidate_id = await _store(tools, owner, item_id, asset_type, upload=upload)
        return await _choose(tools, request, owner, item_id, asset_type, candidate_id)
    choice = await read_body(request, AssetChoice)
    if sum(value is not UNSET for value in (choice.candidate_id, choice.url, choice.locked)) != 1:
        raise Invalid("say one thing", {"candidate_id": "or url or locked is required, and only one of them"})
    if choice.locked is not UNSET:
        return await _lock(tools, request, owner, item_id, asset_type, locked=choice.locked)
    if choice.url is not UNSET:
        candidate_id = await _store(tools, owner, item_id, asset_type, url=choice.url)
    else:
        candidate_id = await _in_store(tools, owner, item_id, asset_type, choice.candidate_id)  # type: ignore[arg-type]
    return await _choose(tools, request, owner, item_id, asset_type, candidate_id)


async def _in_store(tools: Tools, owner: Owner, item_id: int, asset_type: str, candidate_id: int) -> int:
    """The candidate, with its picture fetched when it was not yet. Raises Invalid when it is not one of this slot."""
    async with tools.db.read() as conn:
        source = await artwork_view.load_candidate_source(conn, candidate_id)
    if source is None or (source.entity_type, source.entity_id, source.asset_type) != (owner, item_id, asset_type):
        raise Invalid("this picture cannot be chosen here", {"candidate_id": f"is no candidate for this {asset_type}"})
    if source.stored:
        return candidate_id
    return await _store(tools, owner, item_id, asset_type, url=source.source_url)


async def _store(
    tools: Tools, owner: Owner, item_id: int, asset_type: str, *, url: str | None = None, upload: str | None = None
) -> int:
    """Let the cache service take a picture in. Raises Invalid with its words when it refuses."""
    question = StoreImage(entity_type=owner, entity_id=item_id, asset_type=asset_type, url=url, upload=upload)
    stored = await tools.bus.ask(question, ImageStored, timeout=_PATIENCE)
    if stored.candidate_id is None:
        raise Invalid("the picture was refused", {"file" if upload else "url": stored.refused or "cannot be used"})
    return stored.candidate_id


async def _choose(
    tools: Tools, request: Asked, owner: Owner, item_id: int, asset_type: str, candidate_id: int
) -> Recorded:
    async def change(conn: Connection) -> Recorded:
        before, now = await pick_candidate(conn, owner, item_id, asset_type, candidate_id)
        return await _picked(conn, request, owner, item_id, asset_type, before, now)

    return await in_transaction(tools, change)


async def _clear(tools: Tools, request: Asked, owner: Owner, item_id: int, asset_type: str) -> Recorded:
    async def change(conn: Connection) -> Recorded:
        before = await clear_slot(conn, owner, item_id, asset_type)
        return await _picked(conn, request, owner, item_id, asset_type, before, None)

    return await in_transaction(tools, change)


async def _undo(tools: Tools, request: Asked, owner: Owner, item_id: int, asset_type: str) -> Recorded:
    await _make_whole(tools, owner, item_id, asset_type)

    async def change(conn: Connection) -> Recorded:
        before, now = await undo_slot(conn, owner, item_id, asset_type)
        return await _picked(conn, request, owner, item_id, asset_type, before, now)

    return await in_transaction(tools, change)


async def _make_whole(tools: Tools, owner: Owner, item_id: int, asset_type: str) -> None:
    """The picture that is gone back to is there with all its bytes. Raises Conflict with the reason when it cannot be had."""
    async with tools.db.read() as conn:
        before = await shown_before(conn, owner, item_id, asset_type)
        wanted = before.content_hash if before is not None else None
        stored = await artwork_view.load_stored_file(conn, wanted) if wanted is not None else None
    if wanted is None or stored is None or (await tools.blobs.verify_all([stored.file_path]))[0]:
        return
    mended = await tools.bus.ask(MendFile(content_hash=wanted), FileMended, timeout=_PATIENCE)
    if mended.refused is not None:
        raise Conflict(f"the {asset_type} that was shown before is gone from the store: {mended.refused}")


async def _picked(
    conn: Connection, request: Asked, owner: Owner, item_id: int, slot: str, before: int | None, now: int | None
) -> Recorded:
    """History and fact of a choice, inside its transaction."""
    old, new = await artwork_view.hashes_of(conn, before, now)
    if old != new:
        await record_changes(conn, owner, item_id, [FieldChange(field=slot, old=old, new=new, source=USER)])
    facts: list[AnyFact] = []
    if owner == "movie":  # a collection's own pictures are not written into the library
        facts.append(AssetPicked(entity_type=owner, entity_id=item_id, asset_type=slot))
    return await record(conn, facts, priority=HIGH, trace_id=trace_of(request))


async def _lock(tools: Tools, request: Asked, owner: Owner, item_id: int, slot: str, *, locked: bool) -> Recorded:
    async def change(conn: Connection) -> Recorded:
        before = found(await artwork_view.hold_slot_lock(conn, owner, item_id, slot), owner, item_id)
        if before is locked:
            return Recorded()
        await artwork_view.set_slot_lock(conn, owner, item_id, slot, locked=locked)
        facts: list[AnyFact] = []
        if owner == "movie":
            facts.append(ItemEdited(entity_type=owner, entity_id=item_id, fields=(slot,), refill=not locked))
        return await record(conn, facts, priority=HIGH, trace_id=trace_of(request))

    return await in_transaction(tools, change)


async def _check(tools: Tools, owner: Owner, item_id: int, asset_type: str) -> None:
    """Raises NotFound without such an item or slot."""
    if asset_type not in SLOT_TABLES[owner][1]:
        raise NotFound(f"a {owner} has no {asset_type}; it has {', '.join(SLOT_TABLES[owner][1])}")
    async with tools.db.read() as conn:
        found(await artwork_view.load_slots(conn, owner, item_id), owner, item_id)


async def _slot(tools: Tools, owner: Owner, item_id: int, asset_type: str) -> SlotShown:
    async with tools.db.read() as conn:
        return (await _shown(conn, tools, owner, item_id))[asset_type]


async def _shown(conn: Connection, tools: Tools, owner: Owner, item_id: int) -> dict[str, SlotShown]:
    slots = found(await artwork_view.load_slots(conn, owner, item_id), owner, item_id)
    return {slot.asset_type: _slot_shown(tools, slot) for slot in slots}


def _slot_shown(tools: Tools, slot: SlotState) -> SlotShown:
    """The chosen one first, then by score; what was never scored comes last."""
    ranked = sorted(slot.candidates, key=lambda one: (one.status != "chosen", -(one.score or -1.0), one.id))
    return SlotShown(
        asset_type=slot.asset_type,
        locked=slot.locked,
        chosen=_asset_shown(tools, slot.current),
        candidates=[_candidate_shown(tools, one) for one in ranked],
    )


def _candidate_shown(tools: Tools, candidate: CandidateRow) -> CandidateShown:
    return CandidateShown(
        **{name: getattr(candidate, name) for name in _COPIED},
        score_parts=msgspec.convert(candidate.score_parts or [], list[ScorePart]),
        asset=_asset_shown(tools, candidate.asset),
        preview_url=preview_of(tools, candidate.id),
    )


def preview_of(tools: Tools, candidate_id: int) -> str:
    """Where a candidate is seen small, in the store or not."""
    return f"{tools.environment.base_path}/api/v1/candidates/{candidate_id}/preview"


def _asset_shown(tools: Tools, asset: StoredAsset | None) -> AssetShown | None:
    if asset is None:
        return None
    return AssetShown(
        url=f"{tools.asset_prefix}{asset.content_hash}",
        content_hash=asset.content_hash,
        mime_type=asset.mime_type,
        width=asset.width,
        height=asset.height,
        file_size=asset.file_size,
        source_type=asset.source_type,
        provider_name=asset.provider_name,
    )
