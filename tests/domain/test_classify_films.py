"""Which videos of a folder are films, parts, versions, discs and extras."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metarr.domain.classify import Candidate, FolderReading, choose_main, listing_of, read_folder, settle
from metarr.domain.classify.folders import folder_kind

MIB = 1024 * 1024


def reading(folder: str, *paths: str, is_root: bool = False, holds_films_below: bool = False) -> FolderReading:
    files = [(path, 700 * MIB) for path in paths]
    return read_folder(listing_of(folder, files, is_root=is_root, holds_films_below=holds_films_below))


def files(result: FolderReading) -> list[list[str]]:
    return [[file.path for file in film.files] for film in result.films]


def test_the_only_video_is_the_film() -> None:
    (film,) = reading("Heat (1995)", "heat.mkv").films
    assert (film.base, film.kind, film.own_folder, film.confidence) == ("heat", "file", True, 100)


def test_trailers_and_samples_leave_one_film_a_little_less_surely() -> None:
    (film,) = reading(
        "Heat (1995)", "Heat.mkv", "Heat-trailer.mp4", "sample/sample.mkv", "Featurettes/Making of.mkv"
    ).films
    assert film.confidence == 95
    assert [trailer.path for trailer in film.trailers] == ["Heat-trailer.mp4"]
    assert {extra.path: extra.kind for extra in film.extras} == {
        "sample/sample.mkv": "sample",
        "Featurettes/Making of.mkv": "featurette",
    }


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Film-behindthescenes2.mkv", "behind_the_scenes"),
        ("Film-deleted.mkv", "deleted_scene"),
        ("Film_interview.mkv", "interview"),
        ("Film-other.mkv", "other"),
        ("theme.mp4", "theme_video"),
        ("extras/anything.mkv", "other"),
        ("Behind The Scenes/x.mkv", "behind_the_scenes"),
    ],
)
def test_extras_are_told_by_suffix_and_folder(name: str, kind: str) -> None:
    (film,) = reading("Film", "Film.mkv", name).films
    assert [(extra.path, extra.kind) for extra in film.extras] == [(name, kind)]


def test_a_word_that_only_ends_like_an_extra_is_a_title() -> None:
    assert files(reading("The Big Short (2015)", "The Big Short.mkv")) == [["The Big Short.mkv"]]
    assert files(reading("Theme", "theme.mkv")) == [["theme.mkv"]]


def test_sample_inside_a_name_counts_for_small_files_beside_a_film() -> None:
    listing = listing_of("Film", [("film.sample.mkv", 20 * MIB), ("film.mkv", 700 * MIB)])
    (film,) = read_folder(listing).films
    assert [extra.kind for extra in film.extras] == ["sample"]
    assert len(read_folder(listing_of("Film", [("The Sample (2010).mkv", 20 * MIB)])).films) == 1


def test_parts_become_one_film_in_order() -> None:
    (film,) = reading("Film (2000)", "Film (2000) cd2.avi", "Film (2000) cd1.avi").films
    assert (film.kind, film.base) == ("stack", "Film (2000)")
    assert [file.path for file in film.files] == ["Film (2000) cd1.avi", "Film (2000) cd2.avi"]


@pytest.mark.parametrize(
    "names",
    [
        ("Movie - part1.mkv", "Movie - part2.mkv"),
        ("Movie.pt1.mkv", "Movie.pt2.mkv"),
        ("Movie-1of2.mkv", "Movie-2of2.mkv"),
        ("Movie disc a.mkv", "Movie disc b.mkv"),
        ("Movie (2001)-a.mkv", "Movie (2001)-b.mkv"),
    ],
)
def test_every_way_to_write_parts_is_understood(names: tuple[str, str]) -> None:
    assert files(reading("Movie", *names)) == [list(names)]


@pytest.mark.parametrize(
    "names",
    [
        ("Movie 1.mkv", "Movie 2.mkv"),
        ("300a.mkv", "300b.mkv"),
        ("Four Sisters - A.avi", "Four Sisters - B.avi"),
        ("Movie Part I.mkv", "Movie Part II.mkv"),
        ("Movie cd1.avi", "Movie part2.avi"),
        ("Movie Part 1.avi", "Movie Part 1.mkv"),
    ],
)
def test_sequels_and_lists_are_no_parts(names: tuple[str, str]) -> None:
    assert len(reading("Set of films", *names).films) == 2


def test_parts_with_an_nfo_each_are_films() -> None:
    result = reading("Saga", "Saga Part 1.mkv", "Saga Part 1.nfo", "Saga Part 2.mkv", "Saga Part 2.nfo")
    assert files(result) == [["Saga Part 1.mkv"], ["Saga Part 2.mkv"]]


def test_a_missing_part_is_told() -> None:
    result = reading("Film", "Film cd1.avi", "Film cd3.avi")
    assert result.films[0].missing_parts == (2,)
    assert "Part 2" in (result.problem or "")


def test_parts_in_folders_of_their_own_are_one_film() -> None:
    (film,) = reading("Film (1965)", "cd1/film.avi", "cd2/film.avi").films
    assert (film.kind, [file.path for file in film.files]) == ("stack", ["cd1/film.avi", "cd2/film.avi"])


def test_versions_begin_with_the_folders_name() -> None:
    name = "Film (2016)"
    (film,) = reading(
        name, f"{name} - 720p.mkv", f"{name} - 2160p.mkv", f"{name}.mkv", f"{name} [Directors Cut].mkv"
    ).films
    assert film.files[0].path == f"{name}.mkv"
    assert [version.label for version in film.versions] == ["2160p", "720p", "Directors Cut"]


def test_release_names_that_are_equal_up_to_the_year_are_versions() -> None:
    (film,) = reading("Some folder", "Captain.X.2019.1080p.BluRay.mkv", "Captain.X.2019.2160p.WEB.mkv").films
    assert film.files[0].path == "Captain.X.2019.2160p.WEB.mkv"
    assert [version.label for version in film.versions] == ["1080p.BluRay"]


def test_two_films_in_one_folder_are_two_films_without_short_names() -> None:
    result = reading("Double feature", "Alpha (1979).mkv", "Beta (1986).mkv", "poster.jpg", "Alpha (1979)-poster.jpg")
    assert [film.base for film in result.films] == ["Alpha (1979)", "Beta (1986)"]
    assert not any(film.own_folder for film in result.films)
    assert [image.path for image in result.films[0].images] == ["Alpha (1979)-poster.jpg"]
    assert [unknown.path for unknown in result.unknown] == ["poster.jpg"]


def test_films_with_other_years_than_their_folder_are_films_of_their_own() -> None:
    assert len(reading("Iron Man", "Iron Man (2008).mkv", "Iron Man (2010).mkv").films) == 2


def test_beside_the_video_that_bears_the_title_others_are_extras() -> None:
    (film,) = reading("Heat (1995)", "Heat.mkv", "A documentary.mkv").films
    assert film.files[0].path == "Heat.mkv"
    assert [extra.path for extra in film.extras] == ["A documentary.mkv"]


def test_videos_that_only_their_durations_can_tell_apart_stay_candidates() -> None:
    result = reading("Heat (1995)", "abc.mkv", "xyz.mkv")
    (film,) = result.films
    assert film.files == ()
    choice = choose_main([Candidate(path="abc.mkv", duration=100.0), Candidate(path="xyz.mkv", duration=6000.0)])
    settled = settle(film, choice)
    assert [file.path for file in settled.files] == ["xyz.mkv"]
    assert (settled.base, settled.candidates) == ("xyz", ())
    assert [extra.path for extra in settled.extras] == ["abc.mkv"]


def test_loose_films_in_a_root_have_no_folder_of_their_own() -> None:
    (film,) = reading("movies", "Heat (1995).mkv", is_root=True).films
    assert not film.own_folder
    (film,) = reading("A set", "Heat (1995).mkv", holds_films_below=True).films
    assert not film.own_folder


@pytest.mark.parametrize(
    ("index", "disc"), [("VIDEO_TS/VIDEO_TS.IFO", "dvd"), ("BDMV/index.bdmv", "bluray"), ("VIDEO_TS.IFO", "dvd")]
)
def test_disc_structures_are_one_film_with_short_names(index: str, disc: str) -> None:
    result = reading("Film (2010)", index, "poster.jpg", "movie.nfo")
    (film,) = result.films
    assert (film.kind, film.disc, film.files[0].path, film.own_folder) == ("disc", disc, index, True)
    assert [image.slot for image in film.images] == ["poster"]
    assert [nfo.path for nfo in film.nfos] == ["movie.nfo"]
    assert result.unknown == ()


def test_a_discs_streams_are_told_largest_first_and_its_size_is_whole() -> None:
    listing = listing_of(
        "Film",
        [("BDMV/index.bdmv", 1), ("BDMV/STREAM/00001.m2ts", 10), ("BDMV/STREAM/00002.m2ts", 30), ("BDMV/index.nfo", 5)],
    )
    (film,) = read_folder(listing).films
    assert film.files[0].size == 41
    assert [stream.path for stream in film.streams] == ["BDMV/STREAM/00002.m2ts", "BDMV/STREAM/00001.m2ts"]
    assert [nfo.path for nfo in film.nfos] == ["BDMV/index.nfo"]


def test_several_discs_are_one_film() -> None:
    (film,) = reading("Film", "Disc 2/VIDEO_TS/VIDEO_TS.IFO", "Disc 1/VIDEO_TS/VIDEO_TS.IFO").films
    assert [file.path for file in film.files] == ["Disc 1/VIDEO_TS/VIDEO_TS.IFO", "Disc 2/VIDEO_TS/VIDEO_TS.IFO"]


def test_a_folder_with_nothing_but_trailers_says_so() -> None:
    result = reading("Film (2010)", "Film (2010)-trailer.mp4")
    assert result.films == ()
    assert "no film" in (result.problem or "")


def test_folders_beside_a_film_are_known_by_name() -> None:
    assert {
        name: folder_kind(name) for name in (".actors", "BDMV", "Video_TS", "cd1", "Disc 02", "Trailers", "Subs")
    } == {
        ".actors": "actors",
        "BDMV": "disc",
        "Video_TS": "disc",
        "cd1": "part",
        "Disc 02": "part",
        "Trailers": "extras",
        "Subs": "extras",
    }
    assert folder_kind("Heat (1995)") is None
    assert folder_kind("Harry Potter Part 2") is None


# The main video


def test_the_longest_video_is_the_film() -> None:
    choice = choose_main([Candidate(path="a", duration=10.0, size=99), Candidate(path="b", duration=20.0, size=1)])
    assert (choice.path, choice.confidence) == ("b", 90)


def test_two_longest_within_a_second_are_left_to_a_person() -> None:
    choice = choose_main(
        [Candidate(path="a", duration=20.0), Candidate(path="b", duration=20.9), Candidate(path="c", duration=5.0)]
    )
    assert choice.path is None
    assert "a" in choice.reason


def test_without_any_duration_the_size_decides() -> None:
    assert (
        choose_main([Candidate(path="a", duration=None, size=5), Candidate(path="b", duration=None, size=9)]).path
        == "b"
    )
    assert (
        choose_main([Candidate(path="a", duration=None, size=5), Candidate(path="b", duration=None, size=5)]).path
        is None
    )


def test_a_broken_video_loses_to_one_that_plays() -> None:
    assert choose_main([Candidate(path="a", duration=None, size=10**12), Candidate(path="b", duration=1.0)]).path == "b"


# Properties

PIECES = st.sampled_from(
    [
        "Film",
        "Heat (1995)",
        " cd1",
        " cd2",
        " part 3",
        "-trailer",
        "-poster",
        ".en",
        ".forced",
        "-sample",
        " - 1080p",
        " [2160p]",
        "movie",
        "theme",
        "fanart2",
        "folder",
        "(2001)-a",
        "é",
        "e\u0301",
        ".actors/Amy_Adams",
        "BDMV/index",
        "BDMV/STREAM/00001",
        "cd1/",
        "Subs/2_English",
        "trailers/",
        "extrafanart/",
        "VIDEO_TS/VIDEO_TS",
        "Disc 2/VIDEO_TS/VIDEO_TS",
    ]
)
EXTENSIONS = st.sampled_from(
    [".mkv", ".avi", ".jpg", ".png", ".nfo", ".srt", ".mp3", ".bdmv", ".m2ts", ".ifo", ".txt", ""]
)
PATHS = st.builds(lambda pieces, ending: "".join(pieces) + ending, st.lists(PIECES, min_size=1, max_size=3), EXTENSIONS)
FOLDERS = st.sampled_from(["Heat (1995)", "Film", "Films", "Heat (1995) {tmdb-949}", "[REC]", ""])


@given(FOLDERS, st.dictionaries(PATHS, st.integers(0, 10**10), max_size=12), st.booleans(), st.booleans())
def test_every_file_ends_in_exactly_one_place(folder: str, sizes: dict[str, int], is_root: bool, below: bool) -> None:
    result = read_folder(listing_of(folder, sizes.items(), is_root=is_root, holds_films_below=below))
    places: list[str] = [unknown.path for unknown in result.unknown]
    actors = set()
    for film in result.films:
        places += [file.path for file in (*film.files, *film.candidates)]
        places += [file.path for version in film.versions for file in version.files]
        places += [
            item.path
            for group in (film.nfos, film.images, film.subtitles, film.trailers, film.extras)
            for item in group
        ]
        actors |= {actor.path for actor in film.actors}
        decided: tuple[Any, ...] = (
            film,
            *film.nfos,
            *film.images,
            *film.actors,
            *film.subtitles,
            *film.trailers,
            *film.extras,
        )
        assert all(0 <= decision.confidence <= 100 and decision.reason for decision in decided)
    assert len(places) == len(set(places))
    assert set(places) | actors <= set(sizes)
    on_discs = any(film.kind == "disc" for film in result.films)
    assert on_discs or set(places) | actors == set(sizes)


@given(FOLDERS, st.lists(PATHS, max_size=10, unique=True), st.randoms())
def test_the_order_of_the_listing_never_matters(folder: str, paths: list[str], order: object) -> None:
    shuffled = list(paths)
    order.shuffle(shuffled)  # type: ignore[attr-defined]
    straight = read_folder(listing_of(folder, [(path, 5) for path in paths]))
    assert read_folder(listing_of(folder, [(path, 5) for path in shuffled])) == straight
