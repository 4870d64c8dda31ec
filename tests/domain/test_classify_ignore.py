"""What a scan does not look at."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metarr.domain.classify.ignore import MAX_PATTERN, MAX_PATTERNS, MAX_TEXT, NamePatterns, read_ignore_file
from metarr.domain.settings import DEFAULT_IGNORE


@pytest.mark.parametrize(
    "name", [".DS_Store", "thumbs.db", "._poster.jpg", "film.mkv.part", "film-proof.jpg", "@eaDir", "x.!ut"]
)
def test_the_defaults_hide_what_systems_and_downloads_leave(name: str) -> None:
    assert NamePatterns(DEFAULT_IGNORE).match(name)


@pytest.mark.parametrize("name", ["film.mkv", "partner.mkv", "proof.mkv", "movie.nfo", "Thumbs up.mkv"])
def test_the_defaults_hide_no_film(name: str) -> None:
    assert not NamePatterns(DEFAULT_IGNORE).match(name)


def test_patterns_that_are_too_long_or_too_many_are_refused_and_named() -> None:
    long = "x" * (MAX_PATTERN + 1)
    patterns = NamePatterns(["*.tmp", long])
    assert patterns.refused == (long,)
    assert patterns.match("a.tmp")
    assert len(NamePatterns(str(number) for number in range(MAX_PATTERNS + 3)).refused) == 3


def test_no_pattern_hides_nothing() -> None:
    assert not NamePatterns([]).match("anything")


def test_nomedia_and_an_empty_ignore_hide_their_folder() -> None:
    assert read_ignore_file(".nomedia", "whatever").ignores("film.mkv")
    assert read_ignore_file(".ignore", " \r\n").ignores("film.mkv")
    assert not read_ignore_file(".ignore", "# only a comment").ignores("film.mkv")
    assert not read_ignore_file(".plexignore", "").ignores("film.mkv")


@pytest.mark.parametrize(
    ("rules", "path", "is_folder", "ignored"),
    [
        ("*.sample.mkv", "deep/down/a.sample.mkv", False, True),
        ("extras/", "extras", True, True),
        ("extras/", "extras", False, False),
        ("/extras", "extras", True, True),
        ("/extras", "film/extras", True, False),
        ("film/*.jpg", "film/a.jpg", False, True),
        ("film/*.jpg", "film/deep/a.jpg", False, False),
        ("film/**/a.jpg", "film/deep/down/a.jpg", False, True),
        ("film/**/a.jpg", "film/a.jpg", False, True),
        ("**/old", "a/b/old", True, True),
        ("*.mkv\n!keep.mkv", "keep.mkv", False, False),
        ("!keep.mkv\n*.mkv", "keep.mkv", False, True),
        ("FILM.MKV", "film.mkv", False, True),
        ("[ab].mkv", "b.mkv", False, True),
        ("\\#film.mkv", "#film.mkv", False, True),
    ],
)
def test_rules_mean_what_git_means_by_them(rules: str, path: str, is_folder: bool, ignored: bool) -> None:
    assert read_ignore_file(".ignore", rules).ignores(path, is_folder=is_folder) is ignored


def test_plex_rules_take_nothing_back() -> None:
    assert read_ignore_file(".plexignore", "*.mkv\n!keep.mkv").ignores("keep.mkv")


def test_a_file_that_is_too_long_hides_nothing_and_is_refused() -> None:
    marker = read_ignore_file(".ignore", "*\n" * MAX_TEXT)
    assert marker.refused
    assert not marker.ignores("film.mkv")


@given(st.text(max_size=300), st.text(alphabet="ab/*.", min_size=1, max_size=100))
def test_no_rule_raises_or_takes_long(rules: str, path: str) -> None:
    started = time.process_time()
    assert read_ignore_file(".ignore", rules + "\n" + "*a" * 90 + "\n" + "**/" * 60).ignores(path) in (True, False)
    NamePatterns([rules, "*a" * 90]).match(path)
    assert time.process_time() - started < 0.5
