"""Scanning real folders into a real database: what becomes of them, and what a second look changes."""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from metarr.db import Database
from metarr.messages.facts import (
    AnyFact,
    FoldersChanged,
    FoldersVanished,
    ItemIdentified,
    ItemMissing,
    ItemVerified,
    LibraryUnavailable,
    LibraryWalked,
)
from metarr.messages.jobs import ScanFolder, ScanLibrary
from metarr_scanner.jobs import Handlers
from metarr_scanner.names import NameReader
from metarr_scanner.probe import Prober
from metarr_scanner.walk import Walk
from support.library import let_time_pass, make_tree
from support.media import make_truncated_video, make_video

NFO = (
    "<movie><title>{title}</title><year>{year}</year><plot>A plot.</plot><uniqueid type='tmdb'>{id}</uniqueid></movie>"
)


class Scanner:
    """Scans a library as the pipeline would: the walk, then a job for each batch of folders."""

    def __init__(self, run_job: Callable[..., Awaitable[Any]], handlers: Handlers, db: Database, root: Path) -> None:
        self._run_job = run_job
        self._handlers = handlers
        self.db = db
        self.root = root
        self.library_id = 0

    async def scan(self, **options: Any) -> list[AnyFact]:
        walked = _listed(await self._run_job(self._handlers, ScanLibrary(library_id=self.library_id, **options)))
        facts = list(walked)
        for fact in walked:
            if isinstance(fact, FoldersChanged | FoldersVanished):
                vanished = isinstance(fact, FoldersVanished)
                facts += await self.scan_folders(*fact.paths, vanished=vanished)
        return facts

    async def scan_folders(self, *paths: str, vanished: bool = False) -> list[AnyFact]:
        job = ScanFolder(library_id=self.library_id, paths=tuple(paths), vanished=vanished)
        return _listed(await self._run_job(self._handlers, job))

    async def films(self, *columns: str) -> list[tuple[Any, ...]]:
        async with self.db.read() as conn:
            rows = await conn.fetch(f"SELECT {', '.join(columns)} FROM movies ORDER BY file_path")
        return [tuple(row) for row in rows]

    async def fetch(self, statement: str, *arguments: Any) -> list[tuple[Any, ...]]:
        async with self.db.read() as conn:
            return [tuple(row) for row in await conn.fetch(statement, *arguments)]


def _listed(outcome: Any) -> list[AnyFact]:
    return [] if outcome is None else list(outcome) if isinstance(outcome, tuple) else [outcome]


def changes(facts: list[AnyFact]) -> list[tuple[str, bool]]:
    return [(fact.change, fact.known) for fact in facts if isinstance(fact, ItemIdentified)]


@pytest.fixture
async def scanner(run_job: Any, db: Database, library_root: Path) -> AsyncIterator[Scanner]:
    async with Prober() as prober, NameReader() as names:
        scanner = Scanner(run_job, Handlers(prober, names), db, library_root)
        async with db.transaction() as conn:
            scanner.library_id = await conn.fetchval(
                "INSERT INTO libraries (name, path, type) VALUES ('Films', $1, 'movie') RETURNING id", str(library_root)
            )
        yield scanner


async def test_a_tidy_film_becomes_a_row_with_its_streams_files_and_pictures(scanner: Scanner) -> None:
    folder = scanner.root / "Arrival (2016) {tmdb-329865}"
    make_video(folder / "Arrival (2016).mkv", 2, audio=("eng", "ger"), subtitles=("eng",))
    make_tree(
        folder,
        {
            "poster.jpg": "p",
            "fanart.jpg": "f",
            ".actors/Amy_Adams.jpg": "a",
            "Arrival (2016).de.forced.srt": "",
            "Arrival (2016)-trailer.mp4": "t",
        },
    )
    facts = await scanner.scan()
    assert changes(facts) == [("new", True)]
    assert await scanner.films("title", "sort_title", "year", "tmdb_id", "identification_status", "file_name") == [
        ("Arrival", "Arrival", 2016, 329865, "identified", "Arrival (2016).mkv")
    ]
    assert await scanner.fetch("SELECT codec, width, duration_seconds FROM video_streams") == [("mpeg4", 64, 2)]
    assert await scanner.fetch("SELECT language FROM audio_streams ORDER BY stream_index") == [("eng",), ("ger",)]
    assert await scanner.fetch("SELECT language, forced, file_path IS NULL FROM subtitle_streams ORDER BY 3") == [
        ("ger", True, False),
        ("eng", False, True),
    ]
    assert await scanner.fetch("SELECT kind FROM local_files ORDER BY kind") == [
        ("actor_image",), ("image",), ("image",), ("subtitle",), ("trailer",), ("video",)
    ]  # fmt: skip
    assert await scanner.fetch("SELECT detail->>'name' FROM local_files WHERE kind = 'actor_image'") == [("Amy Adams",)]
    assert await scanner.fetch(
        "SELECT asset_type, source_type, source_url, status FROM asset_candidates ORDER BY asset_type DESC"
    ) == [
        ("poster", "local", (folder / "poster.jpg").as_uri(), "candidate"),
        ("fanart", "local", (folder / "fanart.jpg").as_uri(), "candidate"),
    ]


async def test_an_nfo_gives_title_year_id_and_an_answer(scanner: Scanner) -> None:
    folder = scanner.root / "whatever"
    make_video(folder / "x.mkv")
    make_tree(folder, {"movie.nfo": NFO.format(title="The Fall", year=2006, id=14784)})
    assert changes(await scanner.scan()) == [("new", True)]
    assert await scanner.films("title", "sort_title", "year", "tmdb_id") == [("The Fall", "Fall, The", 2006, 14784)]
    ((answer,),) = await scanner.fetch("SELECT answer FROM metadata_answers WHERE source = 'nfo'")
    assert (answer["title"], answer["plot"], answer["tmdb_id"]) == ("The Fall", "A plot.", 14784)


async def test_a_second_scan_opens_no_file_and_writes_no_row(scanner: Scanner, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(3):
        make_video(scanner.root / f"Film {number} (200{number})" / "film.mkv")
        make_tree(
            scanner.root / f"Film {number} (200{number})",
            {"movie.nfo": NFO.format(title="T", year=2000, id=number + 1)},
        )
    let_time_pass(scanner.root)
    await scanner.scan()
    before = await written(scanner)

    def opened(path: Any, *_: object, **__: object) -> None:
        raise AssertionError(f"opened {path}")

    with monkeypatch.context() as patched:
        patched.setattr("metarr_scanner.directory.os.scandir", _only_the_root(scanner.root))
        patched.setattr("builtins.open", opened)
        facts = await scanner.scan()
    assert [type(fact) for fact in facts] == [LibraryWalked]
    assert await written(scanner) == before


async def test_reading_unchanged_folders_again_writes_no_row_and_states_nothing(scanner: Scanner) -> None:
    folder = scanner.root / "Film (2001)"
    make_video(folder / "Film (2001).mkv")
    make_tree(
        folder, {"movie.nfo": NFO.format(title="T", year=2001, id=1), "poster.jpg": "p", "Film (2001).en.srt": ""}
    )
    let_time_pass(scanner.root)
    await scanner.scan()
    before = await written(scanner)
    facts = await scanner.scan(full=True)
    assert changes(facts) == []
    assert await written(scanner) == before


async def test_a_film_whose_folder_is_renamed_keeps_its_row(scanner: Scanner) -> None:
    folder = scanner.root / "Flim (2001)"
    make_video(folder / "film.mkv")
    make_tree(folder, {"poster.jpg": "p"})
    await scanner.scan()
    ((before, candidate),) = await scanner.fetch("SELECT m.id, c.id FROM movies m, asset_candidates c")
    folder.rename(scanner.root / "Film (2001)")
    facts = await scanner.scan()
    assert not [fact for fact in facts if isinstance(fact, ItemMissing)]
    assert await scanner.films("id", "file_path", "title") == [
        (before, str(scanner.root / "Film (2001)/film.mkv"), "Film")
    ]
    url = (scanner.root / "Film (2001)/poster.jpg").as_uri()
    assert await scanner.fetch("SELECT id, source_url FROM asset_candidates") == [(candidate, url)]
    assert await scanner.fetch("SELECT path FROM local_files WHERE kind = 'image'") == [
        (str(scanner.root / "Film (2001)/poster.jpg"),)
    ]


async def test_subtitles_that_come_and_go_are_a_change_of_the_file(scanner: Scanner) -> None:
    folder = scanner.root / "Film (2001)"
    make_video(folder / "Film.mkv")
    await scanner.scan()
    make_tree(folder, {"Film.en.srt": "s", "Film.de.sdh.srt": "s"})
    assert changes(await scanner.scan()) == [("file", False)]
    assert await scanner.fetch("SELECT language, title FROM subtitle_streams ORDER BY language") == [
        ("eng", None),
        ("ger", "SDH"),
    ]
    (folder / "Film.en.srt").unlink()
    assert changes(await scanner.scan()) == [("file", False)]
    assert await scanner.fetch("SELECT language FROM subtitle_streams") == [("ger",)]


async def test_a_root_that_goes_in_the_middle_of_the_walk_takes_no_film_along(
    scanner: Scanner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(4):
        make_video(scanner.root / f"Film {number}" / "f.mkv")
    await scanner.scan()
    step = Walk.step

    def unplug(walk: Walk, limit: int) -> bool:
        scanner.root.rename(tmp_path / "unplugged")
        scanner.root.mkdir()
        make_tree(scanner.root, {"something/else": ""})
        monkeypatch.setattr(Walk, "step", step)
        return step(walk, limit)

    monkeypatch.setattr(Walk, "step", unplug)
    (fact,) = await scanner.scan()
    assert isinstance(fact, LibraryUnavailable)
    assert await scanner.films("deleted_at") == [(None,)] * 4


async def test_a_path_too_long_for_the_database_is_told_and_the_rest_is_imported(scanner: Scanner) -> None:
    make_video(scanner.root / "Film (2001)" / "Film.mkv")
    descriptor = os.open(scanner.root / "Film (2001)", os.O_RDONLY)
    deep = scanner.root
    for _ in range(11):
        deep = deep / ("d" * 250)
        os.mkdir(deep.name, dir_fd=descriptor)
        below = os.open(deep.name, os.O_RDONLY, dir_fd=descriptor)
        os.close(descriptor)
        descriptor = below
    os.close(descriptor)
    facts = await scanner.scan()
    assert len(changes(facts)) == 1
    ((message,),) = await scanner.fetch("SELECT message FROM problems WHERE entity_type = 'library'")
    assert "longer than 2500 bytes" in message


async def test_a_known_film_that_moves_says_so_and_nothing_more(scanner: Scanner) -> None:
    make_video(scanner.root / "A {tmdb-7}" / "a.mkv")
    make_tree(scanner.root / "A {tmdb-7}", {"poster.jpg": "p", ".actors/X_Y.jpg": "x", "a.en.srt": "s"})
    await scanner.scan()
    (scanner.root / "A {tmdb-7}").rename(scanner.root / "B {tmdb-7}")
    assert changes(await scanner.scan()) == [("moved", True)]


async def test_an_upgrade_keeps_the_row_and_what_was_said_of_it_and_replaces_the_streams(scanner: Scanner) -> None:
    folder = scanner.root / "Film (2001)"
    make_video(folder / "film.avi", 1)
    make_tree(folder, {"poster.jpg": "p"})
    await scanner.scan()
    async with scanner.db.transaction() as conn:
        await conn.execute("UPDATE movies SET plot = 'kept', tmdb_id = 5, identification_status = 'enriched'")
    ((before,),) = await scanner.films("id")
    (folder / "film.avi").unlink()
    make_video(folder / "film 1080p.mkv", 3, width=96)
    assert changes(await scanner.scan()) == [("file", True)]
    assert await scanner.films("id", "file_name", "plot", "tmdb_id", "identification_status") == [
        (before, "film 1080p.mkv", "kept", 5, "enriched")
    ]
    assert await scanner.fetch("SELECT width, duration_seconds FROM video_streams") == [(96, 3)]


async def test_an_upgrade_in_another_folder_is_found_by_its_id(scanner: Scanner) -> None:
    make_video(scanner.root / "Film {tmdb-5}" / "a.mkv")
    await scanner.scan()
    ((before,),) = await scanner.films("id")
    (scanner.root / "Film {tmdb-5}" / "a.mkv").unlink()
    (scanner.root / "Film {tmdb-5}").rmdir()
    make_video(scanner.root / "Film 4K {tmdb-5}" / "b.mkv", 2)
    assert changes(await scanner.scan()) == [("file", True)]
    assert await scanner.films("id", "file_name") == [(before, "b.mkv")]


async def test_a_film_that_vanishes_goes_to_the_trash_and_comes_back_as_itself(
    scanner: Scanner, tmp_path: Path
) -> None:
    for number in range(5):
        make_video(scanner.root / f"Film {number}" / "f.mkv")
    await scanner.scan()
    before = await scanner.films("id")
    (scanner.root / "Film 2").rename(tmp_path / "away")
    facts = await scanner.scan()
    (missing,) = [fact for fact in facts if isinstance(fact, ItemMissing)]
    assert missing.path.endswith("Film 2/f.mkv")
    assert await scanner.films("id", "deleted_at IS NOT NULL AS gone") == [
        (id_, id_ == missing.entity_id) for (id_,) in before
    ]
    (tmp_path / "away").rename(scanner.root / "Film 2")
    assert changes(await scanner.scan()) == [("restored", False)]
    assert await scanner.films("id", "deleted_at") == [(id_, None) for (id_,) in before]


async def test_a_film_that_a_person_deleted_stays_in_the_trash_while_its_file_is_there(scanner: Scanner) -> None:
    make_video(scanner.root / "Film" / "f.mkv")
    await scanner.scan()
    async with scanner.db.transaction() as conn:
        await conn.execute("UPDATE movies SET deleted_at = now()")
    assert changes(await scanner.scan(full=True)) == []
    ((deleted,),) = await scanner.films("deleted_at IS NOT NULL")
    assert deleted


async def test_a_file_that_vanishes_from_a_folder_of_several_films_is_missed_alone(scanner: Scanner) -> None:
    for name in ("Alien (1979)", "Brazil (1985)"):
        make_video(scanner.root / "Classics" / f"{name}.mkv")
    await scanner.scan()
    (scanner.root / "Classics/Alien (1979).mkv").unlink()
    facts = await scanner.scan()
    assert [fact.path for fact in facts if isinstance(fact, ItemMissing)] == [
        str(scanner.root / "Classics/Alien (1979).mkv")
    ]
    assert await scanner.films("title", "deleted_at IS NULL") == [("Alien", False), ("Brazil", True)]


async def test_set_folders_mixed_folders_discs_stacks_and_loose_films_are_all_found(scanner: Scanner) -> None:
    make_video(scanner.root / "The Set" / "One (2001)" / "One (2001).mkv")
    make_video(scanner.root / "Both" / "Alien (1979).mkv")
    make_video(scanner.root / "Both" / "Brazil (1985).mkv")
    make_video(scanner.root / "Disc (1999)" / "BDMV" / "STREAM" / "00001.m2ts", 4)
    make_tree(scanner.root / "Disc (1999)", {"BDMV/index.bdmv": "INDX"})
    make_video(scanner.root / "Long (1984)" / "Long (1984) cd1.avi", 2)
    make_video(scanner.root / "Long (1984)" / "Long (1984) cd2.avi", 3)
    make_video(scanner.root / "1917 (2019)" / "1917.2019.1080p.mkv")
    make_video(scanner.root / "Amélie – Le fabuleux destin (2001)" / "Amélie.mkv")
    make_video(scanner.root / "Loose (1977).mkv")
    facts = await scanner.scan()
    assert changes(facts) == [("new", False)] * 8
    assert sorted(await scanner.films("title", "year")) == [
        ("1917", 2019), ("Alien", 1979), ("Amélie – Le fabuleux destin", 2001), ("Brazil", 1985), ("Disc", 1999),
        ("Long", 1984), ("Loose", 1977), ("One", 2001),
    ]  # fmt: skip
    assert await scanner.fetch(
        "SELECT file_name, cardinality(file_parts), duration_seconds FROM movies m JOIN video_streams s ON s.entity_id = m.id"
        " WHERE title IN ('Disc', 'Long') ORDER BY title"
    ) == [("index.bdmv", 0, 4), ("Long (1984) cd1.avi", 2, 5)]


async def test_a_broken_film_is_imported_and_says_what_is_wrong(scanner: Scanner) -> None:
    make_truncated_video(scanner.root / "Cut (2001)" / "Cut.mp4")
    make_tree(scanner.root, {"Empty (2002)/Empty.mkv": "", "Fine (2003)/": ""})
    make_video(scanner.root / "Fine (2003)" / "Fine.mkv")
    make_tree(scanner.root / "Fine (2003)", {"movie.nfo": "<movie><title>Fine"})
    make_tree(
        scanner.root / "Cut (2001)", {"movie.nfo": '<!DOCTYPE x [<!ENTITY a "b">]><movie><title>&a;</title></movie>'}
    )
    facts = await scanner.scan()
    assert len(changes(facts)) == 3
    problems = dict(
        await scanner.fetch(
            "SELECT title, message FROM problems p JOIN movies m ON m.id = p.entity_id WHERE area = 'scan'"
        )
    )
    assert "cut off, damaged or not a video" in problems["Cut"]
    assert "movie.nfo" in problems["Cut"]
    assert problems["Empty"] == "Empty.mkv: the file is empty (0 bytes)."


async def test_a_problem_goes_when_the_file_is_mended_and_stays_until_then(scanner: Scanner) -> None:
    make_tree(scanner.root, {"Film (2002)/Film.mkv": ""})
    await scanner.scan()
    await scanner.scan(full=True)
    assert len(await scanner.fetch("SELECT FROM problems")) == 1
    make_video(scanner.root / "Film (2002)/Film.mkv")
    assert changes(await scanner.scan(full=True)) == [("file", False)]
    assert await scanner.fetch("SELECT FROM problems") == []


async def test_two_nfo_files_about_different_films_are_not_guessed_between(scanner: Scanner) -> None:
    make_video(scanner.root / "Film (2001)" / "Film.mkv")
    make_tree(
        scanner.root / "Film (2001)",
        {"Film.nfo": NFO.format(title="A", year=2001, id=1), "movie.nfo": NFO.format(title="B", year=2001, id=2)},
    )
    facts = await scanner.scan()
    assert changes(facts) == [("artwork", False)]
    assert await scanner.films("title", "tmdb_id", "identification_status") == [("Film", None, "unidentified")]
    ((message,),) = await scanner.fetch("SELECT message FROM problems WHERE entity_type = 'movie'")
    assert "name different films" in message


async def test_an_id_that_a_person_pinned_is_not_changed_by_an_nfo(scanner: Scanner) -> None:
    make_video(scanner.root / "Film (2001)" / "Film.mkv")
    await scanner.scan()
    async with scanner.db.transaction() as conn:
        await conn.execute(
            "UPDATE movies SET tmdb_id = 9, tmdb_id_locked = true, title = 'Mine', title_locked = true,"
            " identification_status = 'identified'"
        )
    make_tree(scanner.root / "Film (2001)", {"movie.nfo": NFO.format(title="Other", year=1990, id=1)})
    await scanner.scan()
    assert await scanner.films("title", "tmdb_id") == [("Mine", 9)]
    assert await scanner.fetch("SELECT FROM metadata_answers") == []


async def test_a_folder_renamed_to_another_id_is_another_film_from_then_on(scanner: Scanner) -> None:
    make_video(scanner.root / "Film (2001) {tmdb-1}" / "Film.mkv")
    await scanner.scan()
    ((before,),) = await scanner.films("id")
    (scanner.root / "Film (2001) {tmdb-1}").rename(scanner.root / "Film (2001) {tmdb-2}")
    assert changes(await scanner.scan()) == [("metadata", True)]
    assert await scanner.films("id", "tmdb_id") == [(before, 2)]
    assert await scanner.fetch("SELECT field, old_value, new_value FROM field_history") == [("tmdb_id", 1, 2)]


async def test_a_film_nobody_knows_follows_its_new_name(scanner: Scanner) -> None:
    make_video(scanner.root / "Flim" / "flim.mkv")
    await scanner.scan()
    (scanner.root / "Flim" / "flim.mkv").rename(scanner.root / "Flim" / "Film (2001).mkv")
    (scanner.root / "Flim").rename(scanner.root / "Film (2001)")
    assert changes(await scanner.scan()) == [("metadata", False)]
    assert await scanner.films("title", "year") == [("Film", 2001)]


async def test_new_and_changed_pictures_are_told_and_those_that_go_are_forgotten(scanner: Scanner) -> None:
    folder = scanner.root / "Film (2001)"
    make_video(folder / "Film.mkv")
    await scanner.scan()
    make_tree(folder, {"poster.jpg": "one"})
    assert changes(await scanner.scan()) == [("artwork", False)]
    async with scanner.db.transaction() as conn:
        await conn.execute("UPDATE asset_candidates SET status = 'rejected', score = 5")
    make_tree(folder, {"poster.jpg": "another"})
    assert changes(await scanner.scan(full=True)) == [("artwork", False)]
    assert await scanner.fetch("SELECT status, score FROM asset_candidates") == [("candidate", None)]
    (folder / "poster.jpg").unlink()
    assert changes(await scanner.scan()) == []
    assert await scanner.fetch("SELECT FROM asset_candidates") == []


async def test_what_we_published_ourselves_is_neither_adopted_nor_believed(scanner: Scanner) -> None:
    folder = scanner.root / "Film (2001)"
    make_video(folder / "Film.mkv")
    await scanner.scan()
    make_tree(folder, {"movie.nfo": NFO.format(title="Ours", year=2001, id=3), "poster.jpg": "ours"})
    await publish(scanner, folder / "movie.nfo", folder / "poster.jpg")
    assert changes(await scanner.scan()) == []
    assert await scanner.fetch("SELECT FROM asset_candidates") == []
    assert await scanner.fetch("SELECT FROM metadata_answers") == []
    assert await scanner.films("tmdb_id") == [(None,)]


async def test_what_we_published_moves_with_its_film_and_stays_ours(scanner: Scanner) -> None:
    folder = scanner.root / "Film {tmdb-3}"
    make_video(folder / "Film.mkv")
    await scanner.scan()
    make_tree(folder, {"movie.nfo": NFO.format(title="Ours", year=2001, id=3), "poster.jpg": "ours"})
    await publish(scanner, folder / "movie.nfo", folder / "poster.jpg")
    folder.rename(scanner.root / "Moved {tmdb-3}")
    assert changes(await scanner.scan()) == [("moved", True)]
    assert await scanner.fetch("SELECT FROM asset_candidates") == []
    assert await scanner.fetch("SELECT FROM metadata_answers") == []


async def test_what_a_person_changed_in_our_nfo_is_that_persons_word(scanner: Scanner) -> None:
    folder = scanner.root / "Film (2001)"
    make_video(folder / "Film.mkv")
    await scanner.scan()
    async with scanner.db.transaction() as conn:
        await conn.execute(
            "UPDATE movies SET title = 'Ours', plot = 'A plot.', year = 2001, tmdb_id = 3, identification_status = 'enriched'"
        )
    make_tree(folder, {"movie.nfo": NFO.format(title="Ours", year=2001, id=3)})
    await publish(scanner, folder / "movie.nfo")
    make_tree(folder, {"movie.nfo": NFO.format(title="Mine now", year=2001, id=3)})
    assert changes(await scanner.scan(full=True)) == [("metadata", True)]
    assert await scanner.fetch("SELECT answer FROM metadata_answers") == [({"title": "Mine now"},)]
    assert changes(await scanner.scan(full=True)) == []


async def test_published_files_that_are_gone_are_told(scanner: Scanner) -> None:
    folder = scanner.root / "Film (2001)"
    make_video(folder / "Film.mkv")
    await scanner.scan()
    make_tree(folder, {"movie.nfo": "<movie/>", ".actors/A_B.jpg": "a"})
    await publish(scanner, folder / "movie.nfo", folder / ".actors/A_B.jpg")
    (folder / ".actors/A_B.jpg").unlink()
    facts = await scanner.scan()
    assert [fact.missing for fact in facts if isinstance(fact, ItemVerified)] == [(".actors/A_B.jpg",)]


async def test_an_unmounted_root_deletes_nothing_and_comes_back_by_itself(scanner: Scanner, tmp_path: Path) -> None:
    for number in range(4):
        make_video(scanner.root / f"Film {number}" / "f.mkv")
    await scanner.scan()
    scanner.root.rename(tmp_path / "unplugged")
    assert isinstance((await scanner.scan())[0], LibraryUnavailable)
    assert await scanner.fetch("SELECT mount_state FROM libraries") == [("missing",)]
    scanner.root.mkdir()
    assert isinstance((await scanner.scan())[0], LibraryUnavailable)
    assert await scanner.fetch("SELECT mount_state FROM libraries") == [("empty",)]
    (scanner.root / "other").mkdir()
    assert isinstance((await scanner.scan())[0], LibraryUnavailable)
    assert await scanner.fetch("SELECT mount_state FROM libraries") == [("replaced",)]
    assert await scanner.fetch("SELECT area, message <> '' FROM problems WHERE entity_type = 'library'") == [
        ("scan", True)
    ]
    (scanner.root / "other").rmdir()
    scanner.root.rmdir()
    (tmp_path / "unplugged").rename(scanner.root)
    facts = await scanner.scan()
    assert not [fact for fact in facts if isinstance(fact, ItemMissing | LibraryUnavailable)]
    assert await scanner.fetch("SELECT mount_state FROM libraries") == [("ok",)]
    assert await scanner.fetch("SELECT FROM problems") == []
    assert len(await scanner.films("id", "deleted_at")) == 4


async def test_a_library_that_shrinks_at_once_is_not_believed(scanner: Scanner, tmp_path: Path) -> None:
    for number in range(5):
        make_video(scanner.root / f"Film {number}" / "f.mkv")
    await scanner.scan()
    for number in range(3):
        (scanner.root / f"Film {number}").rename(tmp_path / f"away {number}")
    (fact,) = await scanner.scan()
    assert isinstance(fact, LibraryUnavailable)
    assert "3 of 5 films" in fact.reason
    assert await scanner.films("deleted_at") == [(None,)] * 5


async def test_a_root_that_goes_while_folders_are_read_takes_no_film_along(scanner: Scanner, tmp_path: Path) -> None:
    make_video(scanner.root / "Film" / "f.mkv")
    make_video(scanner.root / "Other" / "o.mkv")
    await scanner.scan()
    scanner.root.rename(tmp_path / "unplugged")
    for vanished in (True, False):
        facts = await scanner.scan_folders(str(scanner.root / "Film"), vanished=vanished)
        assert isinstance(facts[0], LibraryUnavailable)
    assert await scanner.films("deleted_at") == [(None,), (None,)]


async def test_a_folder_renamed_while_its_job_waits_harms_nothing(scanner: Scanner) -> None:
    make_video(scanner.root / "Film (2001)" / "f.mkv")
    await scanner.scan()
    (scanner.root / "Film (2001)").rename(scanner.root / "Film renamed (2001)")
    assert await scanner.scan_folders(str(scanner.root / "Film (2001)")) == []
    assert await scanner.scan_folders(str(scanner.root / "Film renamed (2001)")) != []
    assert await scanner.films("file_path", "deleted_at") == [(str(scanner.root / "Film renamed (2001)/f.mkv"), None)]


async def test_names_that_are_no_text_are_told_and_the_rest_is_imported(scanner: Scanner) -> None:
    make_video(scanner.root / "Film (2001)" / "Film.mkv")
    make_video(scanner.root / "With\nnewline (2002)" / ("x" * 251 + ".mkv"))
    os.mkdir(os.fsencode(scanner.root) + b"/Caf\xe9")
    Path(os.fsdecode(os.fsencode(scanner.root / "Film (2001)") + b"/extra\xff.srt")).touch()
    facts = await scanner.scan()
    assert len(changes(facts)) == 2
    ((message, detail),) = await scanner.fetch("SELECT message, detail FROM problems WHERE entity_type = 'library'")
    assert "UTF-8" in message
    assert str(scanner.root / "Film (2001)") in message
    assert set(detail["folders"]) == {str(scanner.root), str(scanner.root / "Film (2001)")}


async def test_which_of_two_equal_videos_is_the_film_is_asked(scanner: Scanner) -> None:
    for name in ("left", "right"):
        make_video(scanner.root / "Film (2001)" / f"{name}.mkv", 5)
    facts = await scanner.scan()
    assert [type(fact).__name__ for fact in facts if not isinstance(fact, LibraryWalked)] == [
        "FoldersChanged",
        "FolderUnidentified",
    ]
    ((problem,),) = await scanner.fetch("SELECT problem FROM library_folders WHERE problem IS NOT NULL")
    assert "equally long" in problem


async def test_the_longest_of_several_videos_is_the_film(scanner: Scanner) -> None:
    make_video(scanner.root / "Film (2001)" / "one.mkv", 5)
    make_video(scanner.root / "Film (2001)" / "two.mkv", 50)
    await scanner.scan()
    assert await scanner.films("file_name") == [("two.mkv",)]
    assert await scanner.fetch("SELECT FROM library_folders WHERE problem IS NOT NULL") == []


async def test_the_same_folders_read_twice_at_once_make_one_row_each(scanner: Scanner) -> None:
    paths = [str(make_video(scanner.root / f"Film {number}" / "f.mkv").parent) for number in range(10)]
    await asyncio.gather(*(scanner.scan_folders(*paths) for _ in range(3)), return_exceptions=True)
    await scanner.scan_folders(*paths)
    assert len(await scanner.films("id")) == 10
    assert len(await scanner.fetch("SELECT FROM video_streams")) == 10


async def written(scanner: Scanner) -> list[tuple[Any, ...]]:
    """Row versions of everything a scan of folders may write; xmin changes with any write."""
    tables = (
        "movies", "library_folders", "video_streams", "audio_streams", "subtitle_streams", "local_files",
        "asset_candidates", "metadata_answers", "problems",
    )  # fmt: skip
    rows = []
    for table in tables:
        rows += await scanner.fetch(f"SELECT '{table}', ctid::text, xmin::text FROM {table} ORDER BY ctid")
    return rows


def _only_the_root(root: Path) -> Callable[[str], Any]:
    scandir = os.scandir

    def scan(path: str) -> Any:
        assert path == str(root), f"listed {path}"
        return scandir(path)

    return scan


async def publish(scanner: Scanner, *paths: Path) -> None:
    """Say that these files are ours."""
    async with scanner.db.transaction() as conn:
        film = await conn.fetchval("SELECT id FROM movies")
        for path in paths:
            seen = path.stat()
            await conn.execute(
                "INSERT INTO published_files (entity_type, entity_id, path, kind, content_hash, file_size, mtime_ns)"
                " VALUES ('movie', $1, $2, $3, $4, $5, $6)",
                film,
                str(path),
                "nfo" if path.suffix == ".nfo" else "poster",
                hashlib.sha256(path.read_bytes()).hexdigest(),
                seen.st_size,
                seen.st_mtime_ns,
            )
