"""Film names and folders as Jellyfin, tinyMediaManager, Radarr and guessit test them, and constructed ones.

The misses are printed, and may be at most five per cent.
"""

import json
import os
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from metarr.domain.classify import FolderReading, listing_of, read_folder
from metarr.domain.classify.extensions import file_type, split_name
from metarr.domain.classify.folders import folder_kind
from metarr.domain.classify.ignore import MARKERS, NamePatterns
from metarr.domain.classify.parts import find_part
from metarr.domain.naming import display_title, sort_title
from metarr.domain.settings import DEFAULT_IGNORE
from metarr.formats.names import MovieName
from metarr_scanner.names import NameReader

pytestmark = pytest.mark.recorded

FOLDER = Path(os.environ.get("METARR_FIXTURES") or Path(__file__).parents[3] / "shared" / "fixtures")
FILM_TOPICS = (
    "constructed/movie_library_names",
    "jellyfin/jellyfin_movie_file",
    "jellyfin/jellyfin_movie_name_year",
    "tmm/tmm_title_year",
    "radarr/radarr_title",
    "radarr/radarr_url_in_name",
    "radarr/radarr_ids",
    "guessit/guessit_movies",
)
ENOUGH = 0.95
FILM_SIZE, SIDECAR_SIZE = 10**9, 1000

Case = dict[str, Any]
Report = Callable[[str, int, Sequence[str]], None]


@pytest.fixture(autouse=True)
def _needs_the_fixtures() -> None:
    if not (FOLDER / "names").is_dir():
        pytest.skip(f"no recorded fixtures at {FOLDER}")


def cases(topic: str) -> list[Case]:
    document = json.loads((FOLDER / "names" / f"{topic}.json").read_text("utf-8"))
    return [case for case in document["cases"] if case.get("context", {}).get("library") != "tv"]


def letters(text: str) -> str:
    """What two spellings of a title have in common, whatever their separators, case and accents."""
    return "".join(letter for letter in unicodedata.normalize("NFKD", text).casefold() if letter.isalnum())


@pytest.fixture
def report(capsys: pytest.CaptureFixture[str]) -> Report:
    """Shows how many cases of a topic were right, and every miss, also when the test passes."""

    def show(topic: str, asked: int, misses: Sequence[str]) -> None:
        with capsys.disabled():
            print(f"\n{topic}: {asked - len(misses)} of {asked} right ({1 - len(misses) / asked:.1%})")
            for miss in misses:
                print(f"  {miss}")

    return show


# Titles and years


def misread(case: Case, reading: MovieName) -> list[str]:
    """The asserted facts that a reading got wrong, as `field: expected / got`."""
    expected = case["expected"]
    wrong = []
    if expected.get("title"):
        title = re.sub(r"\.(?:mkv|mp4)$", "", expected["title"])
        if letters(title) != letters(reading.title):
            wrong.append(f"title: {title} / {reading.title}")
    if "year" in expected and expected["year"] != reading.year:
        wrong.append(f"year: {expected['year']} / {reading.year}")
    ids = {field[:4]: str(value) for field, value in expected.items() if field in ("tmdb_id", "imdb_id")}
    if not ids.items() <= reading.ids.items():
        wrong.append(f"ids: {ids} / {reading.ids}")
    if "version" in expected and expected["version"] != reading.version:
        wrong.append(f"version: {expected['version']} / {reading.version}")
    return wrong


def speaks_of_films(case: Case) -> bool:
    return bool({"title", "year", "tmdb_id", "imdb_id"} & set(case["expected"]))


async def test_titles_and_years_of_films_are_read_right(report: Report) -> None:
    everything, wrong = 0, 0
    async with NameReader() as reader:
        for topic in FILM_TOPICS:
            asked = [case for case in cases(topic) if speaks_of_films(case)]
            misses = []
            for case in asked:
                reading = await reader.read(case["input"])
                if faults := misread(case, reading):
                    misses.append(f"{case['input']}  ->  {'; '.join(faults)}  ({reading.read_by})")
            report(topic, len(asked), misses)
            everything += len(asked)
            wrong += len(misses)
    assert wrong <= everything * (1 - ENOUGH), f"{wrong} of {everything} film names were misread"


async def test_what_is_no_film_name_is_not_believed(report: Report) -> None:
    async with NameReader() as reader:
        believed = [
            case["input"] for case in cases("radarr/radarr_crap") if (await reader.read(case["input"])).confidence > 50
        ]
    report("radarr/radarr_crap", len(cases("radarr/radarr_crap")), believed)
    assert len(believed) <= 1


async def test_editions_are_read_right(report: Report) -> None:
    topic = "radarr/radarr_edition"
    misses = []
    async with NameReader() as reader:
        for case in cases(topic):
            got = (await reader.read(case["input"])).edition or ""
            if letters(got) != letters(case["expected"]["edition"]):
                misses.append(f"{case['input']}  ->  {case['expected']['edition']} / {got}")
    report(topic, len(cases(topic)), misses)
    assert len(misses) <= 2


# Folders


def read_paths(paths: Sequence[str], *, folders: bool = False) -> FolderReading:
    """The reading of the folder in which these paths lie; folders stand for a film inside them."""
    top = min((path.rpartition("/")[0] for path in paths), key=len)
    files = [path[len(top) :].lstrip("/") for path in paths]
    files = [f"{name}/film.mkv" if folders else name if file_type(name) != "other" else f"{name}.mkv" for name in files]
    return read_folder(listing_of(top.rpartition("/")[2], [(name, FILM_SIZE) for name in files], is_root=not top))


def extras_of(reading: FolderReading) -> int:
    owned = sum(len(film.trailers) + len(film.extras) for film in reading.films)
    return owned + sum("belongs to no film here" in unknown.reason for unknown in reading.unknown)


def grouping_faults(case: Case, reading: FolderReading) -> Iterator[str]:
    expected = case["expected"]
    films, extras = reading.films, extras_of(reading)
    if "groups" in expected and len(films) + extras != expected["groups"]:
        yield f"groups: {expected['groups']} / {len(films) + extras}"
    if "non_extra_groups" in expected and (len(films), extras) != (
        expected["non_extra_groups"],
        expected["extra_groups"],
    ):
        yield f"films and extras: {expected['non_extra_groups']}, {expected['extra_groups']} / {len(films)}, {extras}"
    detail = expected.get("detail", {}).get("0", {})
    for key, counted in (
        ("alternate_versions", [len(film.versions) for film in films]),
        ("parts", [len(f.files) for f in films]),
    ):
        if key in detail and detail[key] not in counted:
            yield f"{key}: {detail[key]} / {counted}"
    if "primary_path" in detail and films[0].files[0].path != detail["primary_path"].rpartition("/")[2]:
        yield f"main file: {detail['primary_path']} / {films[0].files[0].path}"
    if "alternate_order" in detail:
        wanted = [path.rpartition("/")[2] for path in detail["alternate_order"]]
        got = [version.files[0].path for version in films[0].versions]
        if got != wanted:
            yield f"order: {wanted} / {got}"


def stacking_faults(case: Case, reading: FolderReading) -> Iterator[str]:
    stacks = [film for film in reading.films if len(film.files) > 1]
    if len(stacks) != case["expected"]["groups"]:
        yield f"stacks: {case['expected']['groups']} / {len(stacks)}"
    for detail in case["expected"].get("detail", {}).values():
        name, parts = detail.get("stack_name"), detail["parts"]
        if not any(len(film.files) == parts and name in (None, film.base) for film in stacks):
            yield f"stack: {name} in {parts} parts / {[(film.base, len(film.files)) for film in stacks]}"


@pytest.mark.parametrize(
    ("topic", "allowed"),
    [("jellyfin/jellyfin_stacking", 0), ("jellyfin/jellyfin_multi_version", 1), ("jellyfin/jellyfin_file_grouping", 0)],
)
def test_parts_versions_and_extras_are_put_together(topic: str, allowed: int, report: Report) -> None:
    find = stacking_faults if "stacking" in topic else grouping_faults
    misses = []
    for case in cases(topic):
        folders = case.get("context", {}).get("entries_are") == "directories"
        paths = [path.replace("\\", "/") for path in case["input"]]
        if faults := list(find(case, read_paths(paths, folders=folders))):
            misses.append(f"{case['input'][0]} …  ->  {'; '.join(faults)}")
    report(topic, len(cases(topic)), misses)
    assert len(misses) <= allowed


def test_extras_are_told_by_name_and_folder(report: Report) -> None:
    misses = []
    for case in cases("jellyfin/jellyfin_extras"):
        root = case.get("context", {}).get("library_root", "")
        *above, name = case["input"].removeprefix(root).lstrip("/").split("/")
        in_room = bool(above) and folder_kind(above[-1]) == "extras"
        asked = f"{above[-1]}/{name}" if in_room else name
        beside = [] if above and not in_room else [("300.mkv", FILM_SIZE)]
        alone = name in ("theme.mkv", "300.mp4")
        reading = read_folder(listing_of("300", [(asked, FILM_SIZE), *([] if alone and not in_room else beside)]))
        got = next(
            (extra.kind for film in reading.films for extra in (*film.trailers, *film.extras) if extra.path == asked),
            None,
        )
        wanted = "other" if case["expected"]["extra_type"] == "unknown" else case["expected"]["extra_type"]
        if got != wanted:
            misses.append(f"{case['input']}  ->  {wanted} / {got}")
    report("jellyfin/jellyfin_extras", len(cases("jellyfin/jellyfin_extras")), misses)
    assert not misses


def test_subtitle_names_are_read_as_jellyfin_reads_them(report: Report) -> None:
    misses = []
    for case in cases("jellyfin/jellyfin_subtitle_flags"):
        reading = read_folder(
            listing_of("A folder", [(case["context"]["video"], FILM_SIZE), (case["input"], SIDECAR_SIZE)])
        )
        subtitle = reading.films[0].subtitles[0]
        got = {
            "title": subtitle.title,
            "language": subtitle.language,
            "default": subtitle.default,
            "forced": subtitle.forced,
            "hearing_impaired": subtitle.sdh,
        }
        if got != case["expected"]:
            misses.append(f"{case['input']}  ->  {case['expected']} / {got}")
    report("jellyfin/jellyfin_subtitle_flags", len(cases("jellyfin/jellyfin_subtitle_flags")), misses)
    assert not misses


def sidecar_of(path: str) -> str:
    """What a file beside a film was taken for, in the words of the recorded cases."""
    hidden = NamePatterns(DEFAULT_IGNORE)
    if path in MARKERS or any(hidden.match(piece) for piece in path.split("/")):
        return "ignored"
    reading = read_folder(listing_of("Arrival (2016)", [("Arrival (2016).mkv", FILM_SIZE), (path, SIDECAR_SIZE)]))
    (film,) = reading.films
    if film.images:
        return film.images[0].slot
    if film.trailers or film.extras:
        return (*film.trailers, *film.extras)[0].kind
    if film.actors or film.nfos or film.subtitles:
        return "actor" if film.actors else "nfo" if film.nfos else "subtitle"
    return "unknown"


def test_files_beside_a_film_are_taken_for_what_they_are(report: Report) -> None:
    same = {"clearlogo": "logo", "landscape": "thumb", "theme": "theme_song", "external_audio": "unknown"}
    asked = [case for case in cases("constructed/sidecar_classification") if is_beside_a_film(case)]
    misses = []
    for case in asked:
        wanted = same.get(case["expected"]["asset"], case["expected"]["asset"])
        got = sidecar_of(case["input"].partition("/")[2])
        if got != wanted:
            misses.append(f"{case['input']}  ->  {wanted} / {got}")
    report("constructed/sidecar_classification", len(asked), misses)
    assert len(misses) <= 1  # text files of groups are unknown here, not hidden


def is_beside_a_film(case: Case) -> bool:
    return case["expected"].get("for", "movie") == "movie" and re.match(r".* \(\d{4}\)/", case["input"]) is not None


def test_sort_titles_are_made_and_undone() -> None:
    misses = []
    for case in cases("tmm/tmm_sort_and_stack"):
        for field, made in (("sort_title", sort_title), ("display_title", display_title)):
            if field in case["expected"] and made(case["input"]) != case["expected"][field]:
                misses.append(f"{case['input']}  ->  {case['expected'][field]} / {made(case['input'])}")
    assert misses == []


def test_part_markers_are_found(report: Report) -> None:
    asked = [
        case for case in cases("tmm/tmm_sort_and_stack") if {"stack_marker", "stack_number"} & set(case["expected"])
    ]
    misses = []
    for case in asked:
        part = find_part(split_name(case["input"])[0])
        got = {"stack_marker": part.marker if part else "", "stack_number": part.number if part else 0}
        if not case["expected"].items() <= got.items():
            misses.append(f"{case['input']}  ->  {case['expected']} / {got}")
    report("tmm/tmm_sort_and_stack", len(asked), misses)
    assert not misses


def test_the_film_folders_of_tinymediamanager_are_read() -> None:
    document = json.loads((FOLDER / "trees" / "tinymediamanager_trees.json").read_text("utf-8"))
    hidden = NamePatterns(DEFAULT_IGNORE)
    units: dict[str, list[str]] = {}
    for path in (path for group in document["groups"].values() for path in group if path.startswith("testmovies/")):
        pieces = path.split("/")
        if any(hidden.match(piece) for piece in pieces):
            continue
        depth = next((at for at, piece in enumerate(pieces[2:-1], 2) if folder_kind(piece)), len(pieces) - 1)
        units.setdefault("/".join(pieces[:depth]), []).append("/".join(pieces[depth:]))
    readings = {
        unit: read_folder(
            listing_of(
                unit.rpartition("/")[2],
                [(path, FILM_SIZE) for path in paths],
                holds_films_below=any(other.startswith(f"{unit}/") for other in units),
            )
        )
        for unit, paths in units.items()
    }
    without = [
        unit
        for unit, reading in readings.items()
        if not reading.films and any(file_type(p) == "video" for p in units[unit])
    ]
    assert without == []
    kinds = {unit: [film.kind for film in reading.films] for unit, reading in readings.items()}
    assert kinds["testmovies/DVD"] == kinds["testmovies/DVDfolderWithSubFiles"] == ["disc"]
    assert kinds["testmovies/Harry Potter/asMMD"] == ["file", "stack"]
    assert kinds["testmovies/Western/WesternStack"] == ["stack"]
    assert len(readings["testmovies/SameMovieDifferentVersion"].films[0].versions) == 1
    assert len(readings["testmovies/MovieWithTrailersInFolder"].films[0].trailers) == 4
