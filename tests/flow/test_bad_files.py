"""Files that are broken, hostile or too large: the film says what is wrong, everything else goes on."""

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from support import story_films as films
from support.pictures import HTML, png_bomb, png_claiming
from support.story_house import House, files
from support.waiting import eventually

pytestmark = pytest.mark.flow

LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE m [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><movie><title>&b;</title></movie>'
)
THIEF = '<?xml version="1.0"?><!DOCTYPE m [<!ENTITY x SYSTEM "file:///etc/passwd">]><movie><plot>&x;</plot></movie>'
IN_UTF_16 = "<movie><title>Häxan</title><plot>Från en bandspelare.</plot></movie>"


async def test_hostile_and_strange_nfo_files_are_refused_or_read_and_do_no_harm(house: House) -> None:
    films.put_film(house.root, films.TIDY)
    films.put(house.root, f"{films.TIDY}/movie.nfo", LAUGHS)
    films.put_film(house.root, films.BY_NAME)
    films.put(house.root, f"{films.BY_NAME}/movie.nfo", THIEF)
    films.put_film(house.root, films.WITH_NFO)
    films.put(house.root, f"{films.WITH_NFO}/movie.nfo", f"<movie><plot>{'x' * 50_000_000}</plot></movie>")
    films.put_film(house.root, films.NON_ASCII)
    films.put(house.root, f"{films.NON_ASCII}/movie.nfo", IN_UTF_16.encode("utf-16"))
    await house.scan()

    assert "document type" in (await house.problems(films.TIDY))["scan"]
    assert "document type" in (await house.problems(films.BY_NAME))["scan"]
    assert "more than 4 MB" in (await house.problems(films.WITH_NFO))["scan"]
    assert await house.problems(films.NON_ASCII) == {}
    assert (await house.film(films.NON_ASCII))["plot"] == "Från en bandspelare."
    assert {film["identification_status"] for film in await house.movies()} == {"enriched"}
    for place in (films.TIDY, films.BY_NAME, films.WITH_NFO):
        assert "root:" not in house.text(f"{place}/movie.nfo")
        assert len(house.text(f"{place}/movie.nfo")) < 10_000
    assert {LAUGHS.encode(), THIEF.encode()} <= set(house.bin().values())
    assert await house.jobs("failed") == []


async def test_pictures_that_are_none_or_unpack_to_gigabytes_are_told_and_others_take_their_place(house: House) -> None:
    films.put_film(house.root, films.TIDY)
    films.put(house.root, f"{films.TIDY}/poster.jpg", HTML)
    films.put(house.root, f"{films.TIDY}/fanart.png", png_bomb(30_000))
    films.put(house.root, f"{films.TIDY}/banner.png", png_claiming(30_000, 30_000))
    films.put(house.root, f"{films.TIDY}/clearlogo.png", b"")
    await house.scan()

    film = await house.film(films.TIDY)
    (problem,) = film["problems"]
    assert problem["message"].endswith("and 1 more")
    for name in ("poster.jpg", "fanart.png", "banner.png", "clearlogo.png"):
        assert name in str(problem["detail"])
    shown = {asset["asset_type"] for asset in film["assets"]}
    assert {"poster", "fanart", "banner", "logo"} <= shown
    assert {asset["source_type"] for asset in film["assets"]} == {"provider"}
    assert (house.root / films.TIDY / "poster.jpg").read_bytes()[:3] == b"\xff\xd8\xff"
    assert HTML in house.bin().values()
    assert await house.jobs("failed") == []


async def test_folders_and_names_that_cannot_be_read_are_told_and_the_rest_is_scanned(house: House) -> None:
    films.put_film(house.root, films.TIDY)
    odd = "A film\nwith two lines (1999)"
    films.put_film(house.root, odd)
    long = f"{'Long ' * 48}(2001)"
    films.put_film(house.root, long, ".avi")
    (house.root / "loop").symlink_to(house.root)
    (house.root / "away").symlink_to("/")
    (house.root / "Empty (2003)").mkdir()
    (house.root / "Empty (2003)" / "Empty (2003).mkv").write_bytes(b"")
    os.mkdir(os.fsencode(house.root) + b"/Latin \xe9 (2004)")
    (house.root / films.TIDY / "unreadable.nfo").symlink_to("/proc/self/mem")
    await house.scan()

    assert (await house.film(films.TIDY))["identification_status"] == "enriched"
    assert len(await house.movies()) == 4
    assert "scan" in await house.problems("Empty (2003)")
    library = await house.look_at_library()
    for name in ("away", "loop", "Latin"):
        assert name in str(await house.fetch("SELECT * FROM problems WHERE entity_type = 'library'")), name
    assert library["problem"].startswith("Not everything could be read")
    assert await house.jobs("failed") == []


async def test_a_disk_that_is_full_leaves_no_torn_file_the_film_says_so_and_goes_on_when_there_is_room(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    films.put_film(house.root, films.TIDY)
    await house.stop("publisher")
    await house.scan()
    with monkeypatch.context() as patch:
        _fill_the_disk(patch, house.root, after=40_000)
        await house.start("publisher")
        await eventually(lambda: house.problems(films.TIDY), what="the film to say that something is wrong")
        assert "disk is full" in (await house.problems(films.TIDY))["publish"]
        torn = [path for path in files(house.root) if path.endswith(".tmp") or not (house.root / path).stat().st_size]
        assert torn == []

    await house.settle()
    assert await house.problems(films.TIDY) == {}
    assert {"movie.nfo", "poster.jpg", "fanart.jpg", "discart.png"} <= house.names(films.TIDY)
    assert await house.jobs("failed") == []


def _fill_the_disk(patch: pytest.MonkeyPatch, root: Path, *, after: int) -> None:
    """Let every write below `root` fail once `after` bytes were written there."""
    real, room = os.write, [after]

    def write(descriptor: int, data: Any) -> int:
        if os.readlink(f"/proc/self/fd/{descriptor}").startswith(f"{root}/"):
            room[0] = max(0, room[0] - len(data))
            if not room[0]:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(descriptor, data)

    patch.setattr(os, "write", write)
