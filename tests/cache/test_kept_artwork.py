"""What is locked stays, what is lost comes back, and what fails changes nothing."""

from collections.abc import Callable
from pathlib import Path

import pytest

from metarr.domain.movie import ASSET_SLOTS
from metarr.errors import Transient
from metarr.http import IMAGE_BYTES
from metarr_cache.intake import Intake
from metarr_cache.jobs import Handlers
from support import pictures
from support.artwork import add_actor, snapshot
from support.cache_house import WRITTEN, House
from support.decoding import DecodesHere
from support.gallery import Gallery


async def test_a_second_run_fetches_nothing_and_writes_nothing(house: House) -> None:
    for slot in ("poster", "fanart"):
        await house.offer(slot, getattr(pictures, slot)(seed=1), language="en", likes=9)
        await house.offer(slot, getattr(pictures, slot)(seed=2), language="en", likes=1)
    await house.offer("banner", None)
    await house.beside("logo.png", pictures.HTML, "logo")
    await house.beside("folder.jpg", pictures.poster(seed=3))
    actor = await add_actor(house.db, house.movie, "Sigourney Weaver")
    await house.offer("thumb", pictures.poster(seed=4), entity_type="actor", entity_id=actor)
    await house.cache()
    before, asked = await snapshot(house.db, *WRITTEN), len(house.gallery.asked)
    fact = await house.cache()
    assert fact.changed == ()
    assert await snapshot(house.db, *WRITTEN) == before
    assert len(house.gallery.asked) == asked


@pytest.mark.parametrize("slot", ASSET_SLOTS)
async def test_a_locked_slot_stays_whatever_arrives(house: House, slot: str) -> None:
    first = await house.offer(slot, pictures.poster(seed=1))
    async with house.db.transaction() as conn:
        await conn.execute(f"UPDATE movies SET {slot}_locked = true WHERE id = $1", house.movie)
    await house.offer(slot, pictures.poster(seed=2), width=2000, height=3000, language="en", likes=20)
    await house.beside(f"{slot}.jpg", pictures.poster(seed=3, width=1000, height=1500), slot)
    fact = await house.cache()
    assert fact.changed == ()
    assert await house.shown(slot) is None
    assert house.gallery.asked == []
    assert (await house.candidate(first))["status"] == "candidate"


async def test_a_lock_that_is_set_while_the_job_works_counts(house: House) -> None:
    await house.offer("fanart", pictures.fanart())

    class LocksMeanwhile(Gallery):
        async def fetch_bytes(self, url: str, *, max_bytes: int = IMAGE_BYTES, priority: int = 5) -> bytes | None:
            async with house.db.read() as conn:
                await conn.execute("UPDATE movies SET poster_locked = true WHERE id = $1", house.movie)
            return await house.gallery.fetch_bytes(url, priority=priority)

    candidate = await house.offer("poster", pictures.poster(), likes=3)
    house.handlers = Handlers(house.store, Intake(house.store, LocksMeanwhile(), DecodesHere()))
    fact = await house.cache()
    assert fact.changed == ("fanart",)
    assert await house.shown("poster") is None
    assert (await house.candidate(candidate))["status"] == "candidate"


@pytest.mark.parametrize("damage", [Path.unlink, lambda path: path.write_bytes(b"x" * path.stat().st_size)])
@pytest.mark.parametrize("locked", [False, True])
async def test_a_picture_that_is_lost_from_the_store_is_fetched_again(
    house: House, tmp_path: Path, damage: Callable[[Path], object], *, locked: bool
) -> None:
    await house.offer("poster", data := pictures.poster())
    await house.cache()
    asset = await house.shown()
    assert asset is not None
    async with house.db.read() as conn:
        await conn.execute("UPDATE movies SET poster_locked = $1", locked)
    damage(tmp_path / "data" / asset["file_path"])
    before = await snapshot(house.db, "movies", "cache_assets")
    assert (await house.cache()).changed == ()
    assert await house.bytes_shown() == data
    assert await snapshot(house.db, "movies", "cache_assets") == before


async def test_a_picture_that_is_lost_for_good_is_complained_about_and_yields_where_it_may(
    house: House, tmp_path: Path
) -> None:
    first = await house.offer("poster", pictures.poster(seed=1), likes=20)
    await house.offer("logo", pictures.clear_logo())
    await house.cache()
    poster, logo = await house.shown("poster"), await house.shown("logo")
    assert poster is not None
    assert logo is not None
    async with house.db.read() as conn:
        await conn.execute("UPDATE movies SET logo_locked = true")
    house.handlers = Handlers(house.store, Intake(house.store, Gallery(), DecodesHere()))
    for asset in (poster, logo):
        (tmp_path / "data" / asset["file_path"]).unlink()
    await house.beside("poster.jpg", spare := pictures.poster(seed=2))
    fact = await house.cache()
    assert fact.changed == ("poster",)
    assert await house.bytes_shown("poster") == spare
    assert (await house.candidate(first))["status"] == "failed"
    assert await house.shown("logo") == logo
    assert await house.complaint() == "logo: the picture is gone from the store and cannot be had again"


async def test_a_full_disk_fails_the_job_and_changes_nothing(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise Transient("nothing can be written to the store: No space left on device")

    await house.offer("poster", pictures.poster())
    before = await snapshot(house.db, *WRITTEN)
    monkeypatch.setattr(house.store, "put", full)
    with pytest.raises(Transient, match="No space left"):
        await house.cache()
    assert await snapshot(house.db, *WRITTEN) == before
