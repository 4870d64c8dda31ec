"""A walk finds what changed, believes what did not, and never follows a trap."""

import os
import time
from pathlib import Path
from typing import Any

import pytest

from metarr.db.queries.scan import FolderRow
from metarr.domain.publication import MediaFile
from metarr_scanner.ignoring import IgnoreRules
from metarr_scanner.unit import list_unit
from metarr_scanner.walk import Walk, Walked, WalkRequest, remembered
from support.library import let_time_pass, make_tree

TREE = {
    "A (2001)/a.mkv": "",
    "A (2001)/movie.nfo": "",
    "A (2001)/.actors/Someone.jpg": "",
    "A (2001)/extras/making of.mkv": "",
    "Set/B (2002)/b.mkv": "",
    "Set/C (2003)/BDMV/index.bdmv": "",
    "Set/C (2003)/BDMV/STREAM/00001.m2ts": "",
    "D (2004)/cd1/d1.avi": "",
    "D (2004)/cd2/d2.avi": "",
    "Empty/": "",
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make_tree(tmp_path / "library", TREE)


def walk(root: Path, known: dict[str, FolderRow] | None = None, films: tuple[str, ...] = (), **more: Any) -> Walked:
    request = WalkRequest(
        root=str(root),
        start=str(more.pop("start", root)),
        known=known or {},
        films=tuple(MediaFile(file_path=path) for path in films),
        now_ns=more.pop("now_ns", time.time_ns()),
        **more,
    )
    walking = Walk(request)
    while walking.step(3):
        pass
    return walking.result()


def digest(root: Path, walked: Walked) -> dict[str, FolderRow]:
    """What is remembered after the changed units were read, too."""
    rules = IgnoreRules(str(root), ())
    rows = [*walked.plain]
    for path in walked.changed:
        rows += list_unit(path, str(root), rules).folders
    return {row.path: remembered(row, time.time_ns()) for row in rows}


def below(root: Path, paths: tuple[str, ...]) -> list[str]:
    return [os.path.relpath(path, root) for path in paths]


def test_a_first_walk_finds_every_folder_that_holds_a_film(root: Path) -> None:
    assert below(root, walk(root).changed) == ["A (2001)", "D (2004)", "Set/B (2002)", "Set/C (2003)"]


def test_loose_files_make_the_root_a_unit(root: Path) -> None:
    make_tree(root, {"Loose (1999).mkv": ""})
    assert "." in below(root, walk(root).changed)


def test_nothing_changed_means_that_no_folder_is_opened(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    let_time_pass(root)
    known = digest(root, walk(root))

    def opened(path: str, *_: object) -> None:
        raise AssertionError(f"opened {path}")

    for name in ("scandir", "open", "listdir"):
        monkeypatch.setattr(os, name, opened)
    walked = walk(root, known, (f"{root}/A (2001)/a.mkv",))
    assert (walked.changed, walked.vanished, walked.plain) == ((), (), ())
    assert walked.folders == len(known)


@pytest.mark.parametrize("room", ["", ".actors", "extras"])
def test_a_change_in_any_room_is_a_change_of_its_unit(root: Path, room: str) -> None:
    let_time_pass(root)
    known = digest(root, walk(root))
    make_tree(root, {f"A (2001)/{room}/new file.jpg": ""})
    assert below(root, walk(root, known, (f"{root}/A (2001)/a.mkv",)).changed) == ["A (2001)"]


def test_a_folder_that_changed_just_now_is_read_again(root: Path) -> None:
    let_time_pass(root)
    os.utime(root / "A (2001)")
    known = digest(root, walk(root))
    assert below(root, walk(root, known).changed) == ["A (2001)"]


def test_a_folder_that_changed_a_while_ago_is_not(root: Path) -> None:
    os.utime(root / "A (2001)", (time.time() - 3, time.time() - 3))
    now = time.time_ns() + 10_000_000_000
    walked = walk(root, now_ns=now)
    rows = {
        row.path: remembered(row, now)
        for path in walked.changed
        for row in list_unit(path, str(root), IgnoreRules(str(root), ())).folders
    }
    assert "A (2001)" not in below(root, walk(root, rows).changed)


def test_a_full_walk_reads_every_film_folder_again(root: Path) -> None:
    let_time_pass(root)
    known = digest(root, walk(root))
    assert walk(root, known, full=True).changed == walk(root).changed


def test_a_folder_that_is_gone_is_told_once_by_its_topmost_path(root: Path) -> None:
    let_time_pass(root)
    known = digest(root, walk(root))
    for name in ("Set/C (2003)/BDMV/STREAM/00001.m2ts", "Set/C (2003)/BDMV/index.bdmv", "Set/B (2002)/b.mkv"):
        (root / name).unlink()
    for name in ("Set/C (2003)/BDMV/STREAM", "Set/C (2003)/BDMV", "Set/C (2003)", "Set/B (2002)", "Set"):
        (root / name).rmdir()
    walked = walk(root, known, (f"{root}/Set/B (2002)/b.mkv", f"{root}/Set/C (2003)/BDMV/index.bdmv"))
    assert below(root, walked.vanished) == ["Set"]
    assert (walked.gone, walked.appeared) == (2, 0)


def test_a_room_that_is_gone_is_a_change_of_its_unit_and_no_loss(root: Path) -> None:
    let_time_pass(root)
    known = digest(root, walk(root))
    (root / "A (2001)/extras/making of.mkv").unlink()
    (root / "A (2001)/extras").rmdir()
    walked = walk(root, known, (f"{root}/A (2001)/a.mkv",))
    assert (below(root, walked.changed), walked.vanished) == (["A (2001)"], ())
    assert below(root, walked.rooms) == ["A (2001)/extras"]


def test_a_film_that_was_replaced_in_its_folder_is_not_lost(root: Path) -> None:
    let_time_pass(root)
    known = digest(root, walk(root))
    (root / "A (2001)/a.mkv").rename(root / "A (2001)/better.mkv")
    walked = walk(root, known, (f"{root}/A (2001)/a.mkv",))
    assert (walked.gone, walked.appeared) == (1, 1)


def test_a_folder_with_a_rooms_name_right_below_the_root_holds_films(root: Path) -> None:
    make_tree(root, {"Shorts/Short (2010)/s.mkv": "", "loose.mkv": ""})
    assert "Shorts/Short (2010)" in below(root, walk(root).changed)


def test_extras_make_a_unit_of_their_own_only_where_no_film_lies_beside_them(root: Path) -> None:
    make_tree(root, {"Pixar/Shorts/Short (2010)/s.mkv": ""})
    assert "Pixar/Shorts/Short (2010)" in below(root, walk(root).changed)


def test_a_link_out_of_the_library_is_refused_and_told(root: Path, tmp_path: Path) -> None:
    make_tree(tmp_path, {"elsewhere/X (2000)/x.mkv": ""})
    (root / "link").symlink_to(tmp_path / "elsewhere")
    walked = walk(root)
    assert "link/X (2000)" not in below(root, walked.changed)
    assert dict(walked.unreadable)[f"{root}/link"] == "it is a symbolic link that leads out of the library"


def test_a_refused_link_stays_refused_when_nothing_else_changes(root: Path, tmp_path: Path) -> None:
    make_tree(tmp_path, {"elsewhere/X (2000)/x.mkv": ""})
    (root / "link").symlink_to(tmp_path / "elsewhere")
    let_time_pass(root)
    first = walk(root)
    known = digest(root, first) | {
        path: FolderRow(path=path, mtime_ns=0, problem=why) for path, why in first.unreadable
    }
    assert walk(root, known).unreadable == first.unreadable
    assert walk(root, known).changed == ()


def test_a_root_that_is_a_link_itself_is_walked_like_any_other(root: Path, tmp_path: Path) -> None:
    (tmp_path / "mounted").symlink_to(root)
    make_tree(root, {".hidden/X (2000)/x.mkv": ""})
    (root / "inside").symlink_to(root / ".hidden")
    assert "inside/X (2000)" in below(tmp_path / "mounted", walk(tmp_path / "mounted").changed)


def test_a_loop_of_links_ends(root: Path) -> None:
    (root / "A (2001)" / "loop").symlink_to(root)
    (root / "self").symlink_to(root / "self")
    walked = walk(root)
    assert below(root, walked.changed) == ["A (2001)", "D (2004)", "Set/B (2002)", "Set/C (2003)"]


def test_a_folder_that_cannot_be_read_is_told_and_nothing_in_it_is_lost(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_time_pass(root)
    known = digest(root, walk(root))
    scan = os.scandir

    def refuse(path: str) -> Any:
        if path.endswith("Set"):
            raise PermissionError(13, "Permission denied", path)
        return scan(path)

    monkeypatch.setattr(os, "scandir", refuse)
    walked = walk(root, known, (f"{root}/Set/B (2002)/b.mkv",), full=True)
    assert dict(walked.unreadable) == {f"{root}/Set": "no permission to read it"}
    assert (walked.vanished, walked.gone) == ((), 0)
    assert below(root, walked.changed) == ["A (2001)", "D (2004)"]


def test_a_folder_whose_name_is_no_text_is_a_trouble_of_the_folder_above(root: Path) -> None:
    os.mkdir(os.fsencode(root) + b"/Caf\xe9 (2001)")
    (plain,) = [row for row in walk(root).plain if row.path == str(root)]
    assert "UTF-8" in (plain.problem or "")
    assert "Caf\ufffd (2001)" in (plain.problem or "")


def test_names_with_newlines_and_of_255_bytes_are_names_like_others(root: Path) -> None:
    long = "ä" * 127 + "x"
    make_tree(root, {"new\nline (2001)/x.mkv": "", f"{long}/x.mkv": ""})
    changed = below(root, walk(root).changed)
    assert {"new\nline (2001)", long} <= set(changed)


def test_folders_nested_without_end_are_given_up(root: Path) -> None:
    make_tree(root, {"/".join(["deep"] * 30) + "/x.mkv": ""})
    walked = walk(root)
    assert not any("deep" in path for path in walked.changed)
    assert "folders deep" in walked.unreadable[0][1]


@pytest.mark.parametrize(
    ("marker", "content"),
    [("A (2001)/.nomedia", ""), ("A (2001)/.ignore", ""), (".plexignore", "A*/\n"), (".ignore", "a (2001)/\n")],
)
def test_what_people_hide_is_not_seen(root: Path, marker: str, content: str) -> None:
    make_tree(root, {marker: content})
    assert below(root, walk(root).changed) == ["D (2004)", "Set/B (2002)", "Set/C (2003)"]


def test_a_film_that_is_hidden_now_is_gone_for_us(root: Path) -> None:
    let_time_pass(root)
    known = digest(root, walk(root))
    make_tree(root, {"Set/.nomedia": ""})
    walked = walk(root, known, (f"{root}/Set/B (2002)/b.mkv",))
    assert set(below(root, walked.vanished)) == {"Set/B (2002)", "Set/C (2003)"}


def test_patterns_of_the_settings_and_hidden_names_are_left_out(root: Path) -> None:
    make_tree(root, {"@eaDir/x.mkv": "", ".trash/y.mkv": "", "Fine (2000)/z.mkv": "", "Fine (2000)/.z.mkv": ""})
    assert "Fine (2000)" in below(root, walk(root, ignore_patterns=("@eaDir",)).changed)
    assert not {"@eaDir", ".trash"} & set(below(root, walk(root, ignore_patterns=("@eaDir",)).changed))


def test_a_walk_below_the_root_looks_at_nothing_else(root: Path) -> None:
    let_time_pass(root)
    known = {path: row for path, row in digest(root, walk(root)).items() if "/Set" in path}
    make_tree(root, {"New (2005)/n.mkv": "", "Set/E (2006)/e.mkv": ""})
    walked = walk(root, known, (f"{root}/A (2001)/a.mkv",), start=root / "Set")
    assert below(root, walked.changed) == ["Set/E (2006)"]
    assert (walked.vanished, walked.gone) == ((), 0)
