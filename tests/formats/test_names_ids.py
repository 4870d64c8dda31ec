"""Provider ids in names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metarr.formats.names import extract_ids, strip_part


@pytest.mark.parametrize(
    ("name", "ids"),
    [
        ("Film (2010) {tmdb-27205}", {"tmdb": "27205"}),
        ("Film (2010) [tmdbid=27205]", {"tmdb": "27205"}),
        ("Film (2010) [tmdbid-27205]", {"tmdb": "27205"}),
        ("Film (2010) (imdbid-tt1375666)", {"imdb": "tt1375666"}),
        ("Film (2010) { IMDB = tt1375666 }", {"imdb": "tt1375666"}),
        ("Film (2010) [tt1375666]", {"imdb": "tt1375666"}),
        ("Film 2010 tt15239678 1080p", {"imdb": "tt15239678"}),
        ("Film {tvdb-12} {tmdb-13}", {"tvdb": "12", "tmdb": "13"}),
        ("Film {tmdb-1} {tmdb-2}", {"tmdb": "1"}),
        ("Film {imdb-1375666}", {"imdb": "tt1375666"}),
    ],
)
def test_every_form_that_players_and_arr_write_is_read(name: str, ids: dict[str, str]) -> None:
    assert extract_ids(name) == ids


@pytest.mark.parametrize(
    "name",
    [
        "Film {tmdb-0}",
        "Film {tmdb-abc}",
        "Film [tmdb-12}",
        "Film tmdb-12",
        "Film {imdb-ttx}",
        "Film att1234567",
        "tt123",
    ],
)
def test_what_cannot_be_an_id_is_none(name: str) -> None:
    assert extract_ids(name) == {}


@given(
    provider=st.sampled_from(["tmdb", "tvdb", "tvmaze", "anidb"]),
    number=st.integers(1, 10**9),
    text=st.text(max_size=40),
)
def test_an_id_is_found_behind_any_text(provider: str, number: int, text: str) -> None:
    ids = extract_ids(f"{text.replace('{', '').replace('[', '').replace('(', '')} {{{provider}-{number}}}")
    assert ids[provider] == str(number)


def test_part_markers_come_off_names() -> None:
    assert strip_part("Film (2010) cd1") == "Film (2010)"
    assert strip_part("Film (2010)") == "Film (2010)"
