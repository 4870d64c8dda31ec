"""The second copy: whatever was published can be deleted and comes back, byte for byte, and no provider is asked for it."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from metarr.blobs import BlobStore
from support import story_films as films
from support.library import let_time_pass
from support.story_house import House
from support.story_provider import draw

pytestmark = pytest.mark.flow

PLACES = (films.TIDY, films.BY_NAME, films.SIEGFRIED, films.DISC, films.NON_ASCII)
VIDEOS = {".mkv", ".mp4", ".avi", ".vob", ".ifo", ".bup"}


async def put_and_scan(house: House) -> dict[str, str]:
    """Films of several kinds, two of them in one folder, with portraits and things that people made; the library's content."""
    for place in (*PLACES, films.KID, films.GOLD_RUSH):
        films.put_film(house.root, place)
    films.put_film(house.root, films.WITH_NFO)
    films.put(house.root, f"{films.WITH_NFO}/movie.nfo", films.KODI_NFO)
    await house.scan()
    return house.tree()


def strip(root: Path) -> int:
    """Delete every NFO and picture, the `.actors` folders as a whole; how many files that were."""
    gone = 0
    for folder in list(root.rglob(".actors")):
        gone += len(list(folder.iterdir()))
        shutil.rmtree(folder)
    for path in list(root.rglob("*")):
        if path.is_file() and path.suffix in {".nfo", ".jpg", ".png"}:
            path.unlink()
            gone += 1
    return gone


async def verify_films(house: House) -> None:
    for film in await house.movies():
        await house.ask("POST", f"/movies/{film['id']}/verify")
    await house.settle()


async def verify_library(house: House) -> None:
    await house.ask("POST", "/schedules/verify/run")
    await house.settle()


@pytest.mark.parametrize("verify", [verify_films, verify_library])
async def test_a_library_without_any_nfo_and_picture_is_rebuilt_byte_for_byte_and_no_provider_is_asked(
    house: House, verify: Callable[[House], Any]
) -> None:
    before = await put_and_scan(house)
    history = await house.fetch("SELECT count(*) FROM field_history")
    asked = len(house.provider.asked)
    assert strip(house.root) > 8 * len(PLACES)
    assert {Path(name).suffix.lower() for name in house.tree()} <= VIDEOS

    await verify(house)

    assert house.tree() == before
    assert len(house.provider.asked) == asked
    assert await house.fetch("SELECT count(*) FROM field_history") == history
    assert await house.jobs("failed", "cancelled") == []


async def test_a_store_that_lost_every_picture_gets_them_back_from_the_library_and_the_library_from_it(
    house: House,
) -> None:
    """First one copy of everything is lost, then the other."""
    before = await put_and_scan(house)
    asked = len(house.provider.asked)
    store = BlobStore(house.environment.asset_dir)
    shown = [
        row["file_path"]
        for row in await house.fetch(
            "SELECT file_path FROM cache_assets WHERE id IN "
            "(SELECT cache_asset_id FROM asset_references WHERE entity_type = 'movie' UNION SELECT thumb_id FROM actors)"
        )
    ]
    for path in shown:
        Path(store.path(path)).unlink()

    await house.ask("POST", "/schedules/reconcile_store/run")
    await house.settle(timeout=120)

    assert [path for path in shown if not store.verify(path)] == []
    strip(house.root)
    await verify_library(house)
    assert house.tree() == before
    assert len(house.provider.asked) == asked
    assert await house.fetch("SELECT id FROM cache_assets WHERE lost_at IS NOT NULL") == []


# What a person chose


async def choose_another(house: House, place: str) -> tuple[str, str]:
    """Let a film show its second best poster; the address of the slot and the hash of the picture."""
    film = await house.film(place)
    address = f"/movies/{film['id']}/assets/poster"
    other = await house.ask("PUT", address, json={"url": f"{house.provider.url}/t/p/original/poster-{'x' * 8}.jpg"})
    await house.settle()
    return address, str(other["chosen"]["content_hash"])


@pytest.mark.parametrize("how", ["chosen", "uploaded", "cleared", "undone"])
async def test_what_a_person_decided_stays_whatever_automation_finds_and_is_put_back(house: House, how: str) -> None:
    films.put_film(house.root, films.TIDY)
    await house.scan()
    film = await house.film(films.TIDY)
    address = f"/movies/{film['id']}/assets/poster"
    if how in ("chosen", "undone"):
        await choose_another(house, films.TIDY)
    if how == "uploaded":
        await house.ask("PUT", address, files={"file": ("../../x.jpg", draw("poster", "poster-mine"), "image/jpeg")})
    if how == "cleared":
        await house.ask("DELETE", address)
    if how == "undone":
        await house.ask("POST", f"{address}/undo")
    await house.settle()
    decided = house.tree()
    assert (await house.ask("GET", f"/movies/{film['id']}/assets"))["poster"]["locked"] is True
    assert ("poster.jpg" in house.names(films.TIDY)) is (how != "cleared")
    downloads = len([path for path in house.provider.downloads if "/poster" in path])

    # New candidates, better ones beside the film, an enrichment by hand, a scan of everything.
    films.put(house.root, f"{films.TIDY}/folder.jpg", draw("poster", "poster-beside-the-film"))
    let_time_pass(house.root)
    await house.scan(full=True)
    await house.ask("POST", f"/movies/{film['id']}/enrich")
    await house.settle()

    beside = f"{films.TIDY}/folder.jpg"
    assert {name: what for name, what in house.tree().items() if name != beside} == decided
    assert len([path for path in house.provider.downloads if "/poster" in path]) == downloads
    strip(house.root)
    await verify_films(house)
    assert house.tree() == decided


async def test_a_choice_of_automation_is_taken_back_with_one_call_and_published(house: House) -> None:
    films.put_film(house.root, films.TIDY)
    films.put(house.root, f"{films.TIDY}/poster.jpg", own := draw("poster", "poster-own"))
    await house.scan()
    film = await house.film(films.TIDY)
    address = f"/movies/{film['id']}/assets/poster"
    first = house.tree(films.TIDY)["poster.jpg"]
    await choose_another(house, films.TIDY)
    assert house.tree(films.TIDY)["poster.jpg"] != first
    assert own

    await house.ask("POST", f"{address}/undo")
    await house.settle()
    assert house.tree(films.TIDY)["poster.jpg"] == first

    await house.ask("POST", f"{address}/undo")
    await house.settle()
    assert house.tree(films.TIDY)["poster.jpg"] != first
