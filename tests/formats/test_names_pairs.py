"""A folder's name and a file's name together."""

from hypothesis import given
from hypothesis import strategies as st

from metarr.formats.names import MovieName, combine, parse_movie


def both(folder: str, file: str) -> MovieName:
    reading = combine(parse_movie(folder), parse_movie(file))
    assert reading is not None
    return reading


def test_a_file_without_a_year_takes_its_folders() -> None:
    reading = both("Comme une Image (2004)", "Comme.Une.Image.FRENCH.DVDRiP.XViD-NTK.avi")
    assert (reading.title, reading.year, reading.group) == ("Comme une Image", 2004, "NTK")


def test_two_years_are_decided_by_the_file() -> None:
    assert both("300 (2007)", "300 (2006).mkv").year == 2006


def test_the_folders_spelling_wins_where_both_mean_the_same() -> None:
    assert (
        both("La Science des Rêves (2006)", "La.Science.Des.Reves.2006.DVDRip.XviD-GRP.avi").title
        == "La Science des Rêves"
    )
    assert both("The Doors (1991)", "08.03.09.The.Doors.(1991).BDRip.720p.x264-GRP.mkv").title == "The Doors"


def test_the_surer_name_wins_when_neither_has_a_year() -> None:
    assert both("Alice in Wonderland DVDRip.XviD-GRP", "dmd-aw.avi").title == "Alice in Wonderland"


def test_ids_come_from_both_and_losing_titles_stay_as_aliases() -> None:
    reading = both("Spirited Away (2001) {tmdb-129}", "千と千尋の神隠し (2001) {imdb-tt0245429}.mkv")
    assert reading.ids == {"tmdb": "129", "imdb": "tt0245429"}
    assert {"Spirited Away", "千と千尋の神隠し"} == {reading.title, *reading.aliases}


def test_one_name_alone_stands_for_itself() -> None:
    assert combine(None, None) is None
    assert combine(parse_movie("Heat (1995)"), None) == parse_movie("Heat (1995)")


@given(
    st.builds(
        MovieName,
        title=st.text(min_size=1, max_size=20),
        year=st.none() | st.integers(1900, 2030),
        confidence=st.integers(0, 100),
    )
)
def test_a_name_combined_with_itself_is_itself(name: MovieName) -> None:
    assert combine(name, name) == name
