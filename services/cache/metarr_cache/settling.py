"""The writing transaction of a choice: stored pictures, verdicts, slots, history and what a person should know."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from metarr.db import Connection
from metarr.db.queries.assets import Artwork, Owner, load_films_of
from metarr.db.queries.assets_writing import (
    NewAsset,
    SlotKey,
    SlotNow,
    assign,
    assign_portraits,
    judge,
    lock_assets,
    lock_slots,
    put_assets,
    put_candidates,
)
from metarr.db.queries.history import record_changes
from metarr.db.queries.problems import clear_problem, set_problem
from metarr.domain.merge import FieldChange
from metarr.errors import Retry, Snooze
from metarr_cache.choosing import Choice
from metarr_cache.judging import asset_id_of, complaints, judgements, newcomers
from metarr_cache.options import Option

_AREA = "artwork"


class Change(Struct, frozen=True, kw_only=True):
    """A slot shows another picture from now on (`asset_id` None: none) than when it `was` read, or is locked from now on."""

    key: SlotKey
    asset_id: int | None
    was: int | None
    old_hash: str | None
    new_hash: str | None
    source: str
    lock: bool = False

    @property
    def owner(self) -> Owner:
        return self.key[:2]

    @property
    def slot(self) -> str:
        return self.key[2]


class Settled(Struct, frozen=True, kw_only=True):
    """`changed` are the film's slots that show something else now, and `actors` when a portrait does; `also_shown` are other
    films beside which a portrait stands that has been replaced."""

    changed: tuple[str, ...]
    also_shown: tuple[int, ...] = ()


async def settle(
    conn: Connection, artwork: Artwork, choices: Sequence[Choice], *, lock_local: bool, job_id: int, now: datetime
) -> Settled | None:
    """Write down what was chosen; what is locked by now is left alone. None when the film is gone.

    What is as it should be is not written again. Raises Snooze when another film has changed what both show.
    """
    owners = {("movie", artwork.movie_id)} | {choice.subject.slot.owner for choice in choices if _moves(choice)}
    slots = await lock_slots(conn, owners)
    if not any(key[0] == "movie" for key in slots):
        return None
    asset_ids = await put_assets(conn, list(_new_assets(choices)))
    valid = [choice for choice in choices if not _overtaken(choice, slots)]
    changes = [change for choice in valid for change in _changes(choice, slots, asset_ids, lock_local=lock_local)]
    if any(
        change.asset_id != slots[change.key].asset_id and change.was != slots[change.key].asset_id for change in changes
    ):
        raise Snooze(
            "another film of the same people or collection chose a picture meanwhile; looking again", until=now
        )
    await _lock_pictures(conn, changes, slots)
    await judge(conn, [verdict for choice in valid for verdict in judgements(choice, asset_ids)])
    await put_candidates(conn, [one for choice in valid for one in newcomers(choice, asset_ids)])
    await _apply(conn, changes)
    await _note(conn, changes, job_id)
    await _complain(conn, artwork, valid)
    return Settled(changed=_named(artwork, changes), also_shown=await _also_shown(conn, artwork, changes))


async def _also_shown(conn: Connection, artwork: Artwork, changes: Iterable[Change]) -> tuple[int, ...]:
    """A first portrait is no news to other films: each of them has looked for one itself."""
    replaced = [change.owner[1] for change in changes if change.owner[0] == "actor" and change.old_hash is not None]
    return await load_films_of(conn, replaced, but=artwork.movie_id) if replaced else ()


def _moves(choice: Choice) -> bool:
    """Whether the slot shall show something else than it did when it was read."""
    current = choice.subject.slot.current
    if choice.subject.slot.locked:
        return False
    if choice.best is None:
        return choice.subject.disowned
    kept = choice.best.kept
    return kept is not None and (current is None or kept.content_hash != current.content_hash)


def _overtaken(choice: Choice, now: Mapping[SlotKey, SlotNow]) -> bool:
    """A person locked the slot meanwhile, or its owner is gone: then this choice is void."""
    slot = choice.subject.slot
    found = now.get((slot.entity_type, slot.entity_id, slot.asset_type))
    if found is None:
        return _moves(choice)
    return found.locked and not slot.locked


def _new_assets(choices: Iterable[Choice]) -> Iterable[NewAsset]:
    for option in (option for choice in choices for option in choice.options):
        kept = option.kept
        if kept is not None and kept.asset_id is None:
            yield NewAsset(
                content_hash=kept.content_hash,
                file_path=kept.file_path,
                file_size=kept.file_size,
                mime_type=kept.mime_type,
                width=kept.width,
                height=kept.height,
                perceptual_hash=kept.perceptual_hash,
                source_type=option.candidate.source_type,
                source_url=option.source_url,
                provider_name=option.candidate.provider_name,
            )


def _changes(
    choice: Choice, now: Mapping[SlotKey, SlotNow], asset_ids: Mapping[str, int], *, lock_local: bool
) -> Iterable[Change]:
    slot = choice.subject.slot
    key = (slot.entity_type, slot.entity_id, slot.asset_type)
    best, before = choice.best, now.get(key)
    if before is None or before.locked:
        return
    asset_id = asset_id_of(best.kept, asset_ids) if best and best.kept else None
    moves = _moves(choice) and before.asset_id != asset_id
    lock = lock_local and slot.entity_type == "movie" and best is not None and best.local and best.kept is not None
    if moves or lock:
        yield Change(
            key=key,
            asset_id=asset_id if moves else before.asset_id,
            was=slot.current.id if slot.current else None,
            old_hash=slot.current.content_hash if slot.current else None,
            new_hash=best.kept.content_hash if best and best.kept else None,
            source=_source(best),
            lock=lock,
        )


def _source(best: Option | None) -> str:
    if best is None:
        return "cache"
    return best.candidate.provider_name or best.candidate.source_type


async def _lock_pictures(conn: Connection, changes: Sequence[Change], now: Mapping[SlotKey, SlotNow]) -> None:
    ids = {change.asset_id for change in changes} | {now[change.key].asset_id for change in changes}
    wanted = {number for number in ids if number is not None}
    if await lock_assets(conn, wanted) != wanted:
        raise Retry("a picture was swept from the store while it was being chosen")


async def _apply(conn: Connection, changes: Sequence[Change]) -> None:
    for owner in sorted({change.owner for change in changes if change.owner[0] != "actor"}, reverse=True):
        mine = [change for change in changes if change.owner == owner]
        shows = {change.slot: change.asset_id for change in mine}
        await assign(conn, owner, shows, lock=[change.slot for change in mine if change.lock])
    portraits = {change.owner[1]: change.asset_id for change in changes if change.owner[0] == "actor"}
    await assign_portraits(conn, portraits)


async def _note(conn: Connection, changes: Sequence[Change], job_id: int) -> None:
    """What has slots that a person can go back in: films and collections."""
    moved = [change for change in changes if change.old_hash != change.new_hash and change.owner[0] != "actor"]
    for kind, number in dict.fromkeys(change.owner for change in moved):
        noted = [
            FieldChange(field=change.slot, old=change.old_hash, new=change.new_hash, source=change.source)
            for change in moved
            if change.owner == (kind, number)
        ]
        await record_changes(conn, kind, number, noted, job_id=job_id)


async def _complain(conn: Connection, artwork: Artwork, choices: Iterable[Choice]) -> None:
    said = [line for choice in choices for line in complaints(choice, _name(choice, artwork))]
    if said:
        more = f"; and {len(said) - 3} more" if len(said) > 3 else ""
        await set_problem(conn, "movie", artwork.movie_id, _AREA, "; ".join(said[:3]) + more, {"complaints": said})
    else:
        await clear_problem(conn, "movie", artwork.movie_id, _AREA)


def _name(choice: Choice, artwork: Artwork) -> str:
    slot = choice.subject.slot
    if slot.entity_type == "actor":
        return f"portrait of {artwork.actor_names[slot.entity_id]}"
    return f"collection {slot.asset_type}" if slot.entity_type == "collection" else slot.asset_type


def _named(artwork: Artwork, changes: Iterable[Change]) -> tuple[str, ...]:
    moved = [change for change in changes if change.old_hash != change.new_hash]
    slots = [change.slot for change in moved if change.owner == ("movie", artwork.movie_id)]
    return (*slots, "actors") if any(change.owner[0] == "actor" for change in moved) else tuple(slots)
