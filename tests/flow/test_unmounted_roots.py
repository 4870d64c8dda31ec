"""A disk that is not there is not a deletion: nothing is missed, nothing is written, and it is said."""

import shutil
from functools import partial
from pathlib import Path

import pytest

from support import story_films as films
from support.story_house import House
from support.waiting import eventually

pytestmark = pytest.mark.flow

PLACES = (films.TIDY, films.BY_NAME, films.NUMBER, films.SIEGFRIED)


@pytest.fixture
async def settled(house: House) -> House:
    """Four films, scanned and published."""
    for place in PLACES:
        films.put_film(house.root, place)
    await house.scan()
    return house


@pytest.mark.parametrize("left_behind", [True, False], ids=["an empty folder", "nothing"])
async def test_a_root_where_the_disk_has_left_nothing_or_an_empty_folder_stops_scan_and_publish(
    settled: House, tmp_path: Path, left_behind: bool
) -> None:
    before = settled.tree()
    settled.root.rename(tmp_path / "unmounted")
    if left_behind:
        settled.root.mkdir()

    await settled.scan()
    film = (await settled.movies())[0]
    await settled.ask("PATCH", f"/movies/{film['id']}", json={"plot": "Edited while it was away."})
    await settled.settle()

    assert len(await settled.movies()) == len(PLACES)
    assert await settled.movies(deleted=True) == []
    assert settled.root.exists() == left_behind
    assert settled.names("") == set()
    library = await settled.look_at_library()
    assert library["mount_state"] == ("empty" if left_behind else "missing")
    assert "empty" in library["problem"] if left_behind else "cannot be read" in library["problem"]
    assert await settled.jobs("failed", "cancelled") == []

    if left_behind:
        settled.root.rmdir()
    (tmp_path / "unmounted").rename(settled.root)
    await settled.scan()
    await settled.hurry()
    library = await settled.look_at_library()
    assert (library["mount_state"], library["problem"]) == ("ok", None)
    changed = {path for path, content in settled.tree().items() if before[path] != content}
    assert len(changed) == 1
    assert "Edited while it was away." in settled.text(changed.pop())


async def test_more_than_half_of_the_films_gone_at_once_is_a_broken_disk_until_a_person_says_otherwise(
    settled: House, tmp_path: Path
) -> None:
    for place in (films.TIDY, films.BY_NAME, films.NUMBER):
        shutil.move(settled.root / place, tmp_path / "gone" / place)
    before = settled.tree()

    await settled.scan()

    assert len(await settled.movies()) == len(PLACES)
    assert settled.tree() == before
    library = await settled.look_at_library()
    assert (library["mount_state"], library["deleted_count"]) == ("shrunk", 0)
    assert "3 of 4 films are not where they were" in library["problem"]

    for place in (films.TIDY, films.BY_NAME, films.NUMBER):
        shutil.move(tmp_path / "gone" / place, settled.root / place)
    await settled.scan()
    assert (await settled.look_at_library())["mount_state"] == "ok"
    assert await settled.movies(deleted=True) == []


async def test_a_disk_that_goes_in_mid_scan_takes_no_film_with_it(settled: House, tmp_path: Path) -> None:
    before = settled.tree()
    await settled.stop("scanner")
    shutil.rmtree(settled.root / films.TIDY)
    await settled.start("scanner", only="ScanLibrary")
    await settled.ask("POST", f"/libraries/{settled.library}/scan")
    await eventually(partial(_has_walked, settled, 2), what="the library to be walked")
    await settled.stop("scanner")

    settled.root.rename(tmp_path / "unmounted")
    settled.root.mkdir()
    await settled.start("scanner")
    await settled.settle()

    assert len(await settled.movies()) == len(PLACES)
    assert (await settled.look_at_library())["mount_state"] == "empty"
    settled.root.rmdir()
    (tmp_path / "unmounted").rename(settled.root)
    await settled.scan()
    assert len(await settled.movies(deleted=True)) == 1
    assert settled.tree() == {path: content for path, content in before.items() if not path.startswith(films.TIDY)}


async def test_two_libraries_inside_one_another_are_refused(settled: House, tmp_path: Path) -> None:
    for path in (settled.root / films.SET, settled.root, tmp_path):
        refused = await settled.ask(
            "POST", "/libraries", status=409, json={"name": "Again", "path": str(path), "type": "movie"}
        )
        assert "Films" in refused["detail"] or str(settled.root) in refused["detail"]
    (tmp_path / "link").symlink_to(settled.root / films.SET)
    body = {"name": "Again", "path": str(tmp_path / "link"), "type": "movie"}
    await settled.ask("POST", "/libraries", status=409, json=body)
    assert len((await settled.ask("GET", "/libraries"))["items"]) == 1


async def _has_walked(house: House, times: int) -> bool:
    return await house.seen("ScanLibrary") == times
