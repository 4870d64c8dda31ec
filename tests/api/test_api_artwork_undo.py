"""The choice before the last one is a call away, whoever made the last one."""

from pathlib import Path

import httpx
import pytest

from metarr.db import Database
from metarr.db.queries.assets_writing import assign
from metarr.db.queries.history import record_changes
from metarr.domain.merge import FieldChange
from metarr.messages.requests import FileMended, ImageStored, MendFile, StoreImage
from metarr_api.tools import Tools
from support.answering import answering, same
from support.rows import insert, insert_asset, insert_candidate, insert_movie


class Slot:
    """The poster of a film or collection, and pictures for it in the store."""

    def __init__(self, api: httpx.AsyncClient, tools: Tools, db: Database, owner: tuple[str, int]) -> None:
        self.api = api
        self.tools = tools
        self.db = db
        self.owner = owner
        kind, number = owner
        self.address = f"/api/v1/{'movies' if kind == 'movie' else 'collections'}/{number}/assets/poster"

    async def candidate(self, mark: str) -> int:
        """A candidate whose picture is in the store; `mark` stands for its bytes."""
        kind, number = self.owner
        (blob,) = await self.tools.blobs.put_all([(mark.encode(), "jpg")])
        async with self.db.transaction() as conn:
            asset = await insert_asset(
                conn, 0, content_hash=blob.content_hash, file_path=blob.path, file_size=blob.size
            )
            values = {"asset_type": "poster", "source_url": f"https://images/{mark}", "cache_asset_id": asset}
            return await insert_candidate(conn, number, entity_type=kind, source_type="provider", **values)

    async def choose(self, mark: str) -> None:
        answer = await self.api.put(self.address, json={"candidate_id": await self.candidate(mark)})
        assert answer.status_code == 200, answer.text

    async def undo(self) -> httpx.Response:
        return await self.api.post(f"{self.address}/undo")

    async def damage_first(self) -> str:
        """Spoil the file of the picture that came first; its path in the store."""
        async with self.db.read() as conn:
            path: str = await conn.fetchval("SELECT file_path FROM cache_assets ORDER BY id LIMIT 1")
        Path(self.tools.blobs.path(path)).write_bytes(b"wrong")
        return path

    async def shows(self) -> str | None:
        """The mark of the picture shown."""
        kind, number = self.owner
        table = "movies" if kind == "movie" else "movie_collections"
        async with self.db.read() as conn:
            path = await conn.fetchval(
                f"SELECT a.file_path FROM {table} o JOIN cache_assets a ON a.id = o.poster_id WHERE o.id = $1", number
            )
        return self.tools.blobs.read(path).decode() if path else None


@pytest.fixture(params=["movie", "collection"])
async def slot(request: pytest.FixtureRequest, api: httpx.AsyncClient, tools: Tools, db: Database) -> Slot:
    async with db.transaction() as conn:
        library = await insert(conn, "libraries", name="Films", path="/films", type="movie")
        movie = await insert_movie(conn, library, identification_status="enriched")
        collection = await insert(conn, "movie_collections", name="Sagas")
    return Slot(api, tools, db, ("movie", movie) if request.param == "movie" else ("collection", collection))


async def test_undo_shows_what_was_shown_before_and_undoing_twice_leads_forward_again(slot: Slot) -> None:
    await slot.choose("first")
    await slot.choose("second")
    answer = await slot.undo()
    assert (answer.status_code, answer.json()["locked"], await slot.shows()) == (200, True, "first")
    chosen = [one["source_url"] for one in answer.json()["candidates"] if one["status"] == "chosen"]
    assert chosen == ["https://images/first"]
    await slot.undo()
    assert await slot.shows() == "second"
    await slot.undo()
    assert await slot.shows() == "first"


async def test_what_was_cleared_comes_back_and_what_was_empty_becomes_empty(slot: Slot) -> None:
    await slot.choose("only")
    await slot.api.delete(slot.address)
    await slot.undo()
    assert await slot.shows() == "only"
    again = (await slot.undo()).json()
    assert (await slot.shows(), again["chosen"], again["locked"]) == (None, None, True)


async def test_a_change_by_automation_is_undone_as_well_and_the_slot_is_locked_then(slot: Slot) -> None:
    await slot.choose("mine")
    await slot.candidate("better")
    await slot.api.put(slot.address, json={"locked": False})
    kind, number = slot.owner
    async with slot.db.transaction() as conn:
        ids = {row["id"]: row["content_hash"] for row in await conn.fetch("SELECT id, content_hash FROM cache_assets")}
        (before, old), (now, new) = sorted(ids.items())
        assert before < now
        await assign(conn, slot.owner, {"poster": now})
        change = FieldChange(field="poster", old=old, new=new, source="tmdb")
        await record_changes(conn, kind, number, [change], job_id=7)
    assert (await slot.undo()).json()["locked"]
    assert await slot.shows() == "mine"


async def test_a_film_is_published_again_and_its_history_tells_of_the_undoing(slot: Slot) -> None:
    await slot.choose("first")
    await slot.choose("second")
    async with slot.db.read() as conn:
        await conn.execute("DELETE FROM job_queue")
    await slot.undo()
    kinds = [job["kind"] for job in (await slot.api.get("/api/v1/jobs")).json()["items"]]
    assert kinds == (["PublishItem"] if slot.owner[0] == "movie" else [])
    async with slot.db.read() as conn:
        changes = await conn.fetch("SELECT old_value, new_value, source FROM field_history ORDER BY id")
    assert [row["source"] for row in changes] == ["user"] * 3
    assert (changes[2]["old_value"], changes[2]["new_value"]) == (changes[1]["new_value"], changes[1]["old_value"])


async def test_a_slot_that_never_changed_has_nothing_to_go_back_to(slot: Slot) -> None:
    answer = await slot.undo()
    assert (answer.status_code, answer.json()["detail"]) == (
        409,
        "this poster has never been another one, so there is nothing to go back to",
    )
    assert (await slot.api.get(slot.address.removesuffix("/poster"))).json()["poster"]["locked"] is False


async def test_a_picture_that_the_store_has_forgotten_cannot_be_gone_back_to(slot: Slot) -> None:
    await slot.choose("first")
    await slot.choose("second")
    async with slot.db.read() as conn:
        await conn.execute("DELETE FROM cache_assets WHERE reference_count = 0")
    answer = await slot.undo()
    assert (answer.status_code, "not in the store any more" in answer.json()["detail"]) == (409, True)
    assert await slot.shows() == "second"


@pytest.mark.parametrize("refused", [None, "its source shows another picture by now"])
async def test_a_picture_whose_file_is_lost_is_fetched_first_and_stays_away_when_it_cannot_be_had(
    slot: Slot, nats_url: str, refused: str | None
) -> None:
    await slot.choose("first")
    await slot.choose("second")
    path = await slot.damage_first()

    async def mend(_asked: MendFile) -> FileMended:
        if refused is None:
            slot.tools.blobs.put(b"first", "jpg")
        return FileMended(refused=refused)

    async with answering(nats_url, MendFile, mend) as asked:
        answer = await slot.undo()
    assert asked[0].content_hash in path
    if refused is None:
        assert (answer.status_code, await slot.shows()) == (200, "first")
    else:
        assert (answer.status_code, answer.json()["detail"]) == (
            409,
            f"the poster that was shown before is gone from the store: {refused}",
        )
        assert await slot.shows() == "second"


async def test_the_reply_of_nobody_is_no_reason_to_show_a_broken_picture(slot: Slot) -> None:
    await slot.choose("first")
    await slot.choose("second")
    await slot.damage_first()
    assert ((await slot.undo()).status_code, await slot.shows()) == (503, "second")


@pytest.mark.parametrize("path", ["movies/1/assets/cover", "movies/99/assets/poster", "collections/1/assets/logo"])
async def test_slots_and_items_that_do_not_exist_have_nothing_to_undo(slot: Slot, path: str) -> None:
    assert (await slot.api.post(f"/api/v1/{path}/undo")).status_code == 404


async def test_a_candidate_whose_picture_is_known_to_be_lost_is_fetched_before_it_is_chosen(
    slot: Slot, nats_url: str
) -> None:
    candidate = await slot.candidate("lost")
    async with slot.db.read() as conn:
        await conn.execute("UPDATE cache_assets SET lost_at = now()")
    async with answering(nats_url, StoreImage, same(ImageStored(refused="there is no picture any more"))) as asked:
        answer = await slot.api.put(slot.address, json={"candidate_id": candidate})
    assert (asked[0].url, answer.status_code, await slot.shows()) == ("https://images/lost", 400, None)
