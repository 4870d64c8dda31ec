"""A library that Metarr knows is scanned again: unchanged, upgraded, renamed, with films that come and go."""

import shutil
from pathlib import Path

import pytest

from support import story_films as films
from support.library import let_time_pass
from support.media import make_video
from support.opened_files import noting_what_is_opened
from support.story_house import House
from support.story_provider import draw

pytestmark = pytest.mark.flow


async def test_a_rescan_of_an_unchanged_library_writes_nothing_asks_nobody_and_opens_no_file(house: House) -> None:
    for place in (films.TIDY, films.BY_NAME, films.SIEGFRIED, films.UNKNOWN):
        films.put_film(house.root, place)
    films.put(house.root, f"{films.WITH_NFO}/movie.nfo", films.KODI_NFO)
    films.put_film(house.root, films.WITH_NFO)
    await house.scan()
    await house.scan()  # our own files have changed the folders' times
    before, asked, jobs = house.stamps(), len(house.provider.asked), await house.seen("ScanFolder")

    let_time_pass(house.root)
    await house.scan()
    enriched = await house.seen("EnrichItem")
    with noting_what_is_opened(house.root) as opened:
        await house.scan()

    assert house.stamps() == before
    assert len(house.provider.asked) == asked
    assert (await house.seen("ScanFolder"), await house.seen("EnrichItem")) == (jobs + 1, enriched)
    assert opened == {"./"}


async def test_our_own_files_do_not_make_a_folder_look_changed_to_the_next_scan(house: House) -> None:
    films.put_film(house.root, films.BY_NAME)
    await house.scan()
    published = await house.seen("PublishItem")

    await house.scan()
    await house.scan(full=True)

    assert await house.seen("PublishItem") == published
    assert await house.seen("EnrichItem") == 1


async def test_an_upgrade_keeps_row_edits_and_artwork_and_puts_back_what_radarr_deleted(house: House) -> None:
    old = films.put_film(house.root, films.BY_NAME)
    await house.scan()
    film = await house.film(films.BY_NAME)
    await house.ask("PATCH", f"/movies/{film['id']}", json={"plot": "Rats come first."})
    await house.settle()
    before, asked = house.tree(films.BY_NAME), len(house.provider.asked)

    for name in house.names(films.BY_NAME):
        (house.root / films.BY_NAME / name).unlink()
    make_video(house.root / films.BY_NAME / "Nosferatu (1922) Bluray-1080p.mkv", width=96, seed="better")
    await house.scan()

    now, after = await house.film(films.BY_NAME), house.tree(films.BY_NAME)
    assert (now["id"], now["plot"], now["locks"]) == (film["id"], "Rats come first.", ["plot"])
    assert now["file_path"].endswith("Bluray-1080p.mkv")
    assert now["streams"]["video"][0]["width"] == 96
    assert "<width>96</width>" in house.text(f"{films.BY_NAME}/movie.nfo")
    kept = {path: content for path, content in before.items() if path not in (old.name, "movie.nfo")}
    assert kept.items() <= after.items()
    assert len(after) == len(before)
    assert len(house.provider.asked) == asked


async def test_published_files_that_somebody_deletes_are_put_back_by_the_next_scan(house: House) -> None:
    films.put_film(house.root, films.BY_NAME)
    await house.scan()
    before, asked = house.tree(), len(house.provider.asked)

    (house.root / films.BY_NAME / "movie.nfo").unlink()
    (house.root / films.BY_NAME / "poster.jpg").unlink()
    shutil.rmtree(house.root / films.BY_NAME / ".actors")
    await house.scan()

    assert house.tree() == before
    assert len(house.provider.asked) == asked


async def test_a_renamed_folder_keeps_the_films_row_locks_and_files(house: House) -> None:
    films.put_film(house.root, films.BY_NAME)
    films.put_film(house.root, films.TIDY)
    await house.scan()
    film = await house.film(films.BY_NAME)
    await house.ask("PATCH", f"/movies/{film['id']}", json={"title": "Nosferatu!", "tagline": "Mind the ship."})
    await house.settle()
    before, asked = house.tree(films.BY_NAME), len(house.provider.asked)

    (house.root / films.BY_NAME).rename(house.root / "Nosferatu, a Symphony (1922)")
    await house.scan()

    now = await house.film("Nosferatu, a Symphony (1922)")
    assert (now["id"], now["title"], now["locks"]) == (film["id"], "Nosferatu!", ["title", "tagline"])
    assert house.tree("Nosferatu, a Symphony (1922)") == before
    assert not (house.root / films.BY_NAME).exists()
    assert len(house.provider.asked) == asked
    assert len(await house.movies()) == 2


async def test_a_film_that_vanishes_goes_to_the_trash_and_comes_back_on_the_same_row(
    house: House, tmp_path: Path
) -> None:
    for place in (films.BY_NAME, films.TIDY, films.NUMBER):
        films.put_film(house.root, place)
    await house.scan()
    film = await house.film(films.BY_NAME)
    await house.ask("PATCH", f"/movies/{film['id']}", json={"tagline": "Mind the ship."})
    await house.settle()
    before = house.tree()

    shutil.move(house.root / films.BY_NAME, tmp_path / "elsewhere")
    await house.scan()
    assert [gone["id"] for gone in await house.movies(deleted=True)] == [film["id"]]
    assert len(await house.movies()) == 2

    shutil.move(tmp_path / "elsewhere", house.root / films.BY_NAME)
    await house.scan()
    back = await house.film(films.BY_NAME)
    assert (back["id"], back["tagline"], back["locks"]) == (film["id"], "Mind the ship.", ["tagline"])
    assert await house.movies(deleted=True) == []
    assert house.tree() == before


async def test_a_folder_renamed_while_its_publish_waits_is_published_where_it_is_now(house: House) -> None:
    films.put_film(house.root, films.BY_NAME)
    await house.stop("publisher")
    await house.scan()

    (house.root / films.BY_NAME).rename(house.root / "Moved (1922)")
    await house.start("publisher")
    await house.settle()
    assert not (house.root / films.BY_NAME).exists()
    ((kind, _, why),) = await house.jobs("cancelled")
    assert kind == "PublishItem"
    assert "no longer there" in str(why)

    await house.scan()
    assert {"movie.nfo", "poster.jpg"} <= house.names("Moved (1922)")
    assert len(await house.movies()) == 1
    assert await house.jobs("failed") == []


async def test_a_folder_renamed_while_its_scan_waits_becomes_one_film_at_its_new_place(house: House) -> None:
    films.put_film(house.root, films.BY_NAME)
    films.put_film(house.root, films.TIDY)
    await house.scan()
    await house.stop("scanner")
    make_video(house.root / films.BY_NAME / "Nosferatu (1922)-trailer.mp4")
    await house.ask("POST", f"/libraries/{house.library}/scan", json={"path": str(house.root / films.BY_NAME)})

    (house.root / films.BY_NAME).rename(house.root / "Moved (1922)")
    await house.start("scanner")
    await house.settle()
    await house.scan()

    assert (await house.film("Moved (1922)"))["tmdb_id"] == 653
    assert len(await house.movies()) == 2
    assert "movie.nfo" in house.names("Moved (1922)")
    assert not (house.root / films.BY_NAME).exists()
    assert await house.jobs("failed") == []


async def test_files_that_we_wrote_before_we_died_are_not_taken_for_a_persons(house: House) -> None:
    films.put_film(house.root, films.TIDY)
    await house.scan()
    before, tree, asked = await house.film(films.TIDY), house.stamps(), len(house.provider.asked)

    await house.fetch("DELETE FROM published_files")
    await house.scan(full=True)

    now = await house.film(films.TIDY)
    assert house.stamps() == tree
    assert house.bin() == {}
    assert [(asset["asset_type"], asset["source_type"]) for asset in now["assets"]] == [
        (asset["asset_type"], asset["source_type"]) for asset in before["assets"]
    ]
    assert (now["sources"], now["title"]) == (before["sources"], before["title"])
    assert len(house.provider.asked) == asked
    assert len(await house.fetch("SELECT FROM published_files")) == len(tree) - 1


async def test_a_new_system_over_a_library_that_metarr_has_published_changes_no_file(house: House) -> None:
    films.put_all(house.root)
    await house.scan()
    before = house.stamps()

    await house.forget_everything()
    await house.scan()

    assert house.stamps() == before


async def test_a_portrait_beside_one_film_is_shown_beside_all_films_of_that_person(house: House) -> None:
    own = draw("portrait", "margarete at home")
    films.put_film(house.root, films.REVENGE)
    await house.scan()
    assert (house.root / films.REVENGE / ".actors" / "Margarete_Schön.jpg").read_bytes() != own

    films.put_film(house.root, films.SIEGFRIED)
    films.put(house.root, f"{films.SIEGFRIED}/.actors/Margarete_Schön.jpg", own)
    await house.scan()

    for place in (films.SIEGFRIED, films.REVENGE):
        assert (house.root / place / ".actors" / "Margarete_Schön.jpg").read_bytes() == own
