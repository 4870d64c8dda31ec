"""Film names: titles, years, editions and release tags by rules that decline when unsure."""

import string
import time

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from metarr.formats.names import MovieName, clean_name, parse_movie, says_nothing
from metarr.formats.names.marks import find_marks
from metarr.formats.names.movie import _parse
from metarr.formats.names.tidy import parse_tidy


def read(name: str) -> MovieName:
    reading = parse_movie(name)
    assert reading is not None, name
    return reading


@pytest.mark.parametrize(
    ("name", "title", "year"),
    [
        ("Heat (1995)", "Heat", 1995),
        ("Heat (1995).mkv", "Heat", 1995),
        ("heat [1995].mkv", "heat", 1995),
        ("Heat - 1995.mkv", "Heat", 1995),
        ("Heat.1995.mkv", "Heat", 1995),
        ("Heat_1995_720p.mkv", "Heat", 1995),
        ("Mr. Nobody (2009)", "Mr. Nobody", 2009),
        ("S.W.A.T. (2003)", "S.W.A.T.", 2003),
        ("$9.99 (2008)", "$9.99", 2008),
        ("10,000 BC (2008)", "10,000 BC", 2008),
        ("Léon - The Professional (1994)", "Léon - The Professional", 1994),
        ("Ночной дозор (2004) BDRip 1080p", "Ночной дозор", 2004),
        ("千と千尋の神隠し (2001)", "千と千尋の神隠し", 2001),
        ("Alien³ (1992)", "Alien³", 1992),
        ("M (1931)", "M", 1931),
        ("(1975) Jaws [1080p]", "Jaws", 1975),
        ("The Movie (2019-2020)", "The Movie", 2019),
        ("Mise à Sac (Alain Cavalier, 1967) [Vhs.Rip.Vff]", "Mise à Sac", 1967),
        ("Safety Not Guaranteed [2012, HEVC-1080p].mkv", "Safety Not Guaranteed", 2012),
        ("Super movie(2009).mp4", "Super movie", 2009),
    ],
)
def test_a_year_in_brackets_or_at_the_end_ends_the_title(name: str, title: str, year: int) -> None:
    reading = read(name)
    assert (reading.title, reading.year) == (title, year)


@pytest.mark.parametrize(
    ("name", "title", "year"),
    [
        ("1917.mkv", "1917", None),
        ("1917 (2019)", "1917", 2019),
        ("1917.2019.1080p.BluRay.x264-SPARKS.mkv", "1917", 2019),
        ("1984.1956.mkv", "1984", 1956),
        ("2012 (2009)", "2012", 2009),
        ("2012.WEB-DL.1080p.AVC.mkv", "2012", None),
        ("300 (2006)", "300", 2006),
        ("12.Angry.Men.1957.mkv", "12 Angry Men", 1957),
        ("Apollo.13.1995.1080p.BluRay.x264", "Apollo 13", 1995),
        ("Blade Runner 2049 (2017)", "Blade Runner 2049", 2017),
        ("Blade.Runner.2049.2017.mkv", "Blade Runner 2049", 2017),
        ("Blade Runner 2049.mkv", "Blade Runner 2049", None),
        ("2001.A.Space.Odyssey.1968.mkv", "2001 A Space Odyssey", 1968),
        ("Class of 1984.mkv", "Class of 1984", None),
        ("Wonder Woman 1984 (2020)", "Wonder Woman 1984", 2020),
        ("10x10 (2018)", "10x10", 2018),
        ("My Movie 2013-12-09", "My Movie 2013-12-09", None),
        ("Gemma.Bovery.2014.[1920x800].1080p.BRRip.x264", "Gemma Bovery", 2014),
    ],
)
def test_numbers_in_titles_are_not_taken_for_years(name: str, title: str, year: int | None) -> None:
    reading = read(name)
    assert (reading.title, reading.year) == (title, year)


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("The.Movie.from.U.N.C.L.E.2015.1080p.BluRay.x264-GRP", "The Movie from U.N.C.L.E."),
        ("A.I.Artificial.Intelligence.2001.720p", "A.I. Artificial Intelligence"),
        (
            "Die.fantastische.Reise.des.Dr.Dolittle.2020.German.1080p.WEBRip.x264-PRD",
            "Die fantastische Reise des Dr. Dolittle",
        ),
        ("Ant-Man.2015.1080p.WEB-DL.H.264-NTG.mkv", "Ant-Man"),
        ("Rocketman-2019-MULTi-UHD-BluRay-2160p-HDR-HEVC-DDR.mkv", "Rocketman"),
        ("Cars.2.German.DL.720p.BluRay.x264-GRP", "Cars 2"),
        ("Movie.German.DL.AC3.Dubbed..BluRay.x264-PsO", "Movie"),
        ("The.Good.German.2006.720p.BluRay.x264-GRP", "The Good German"),
        ("Johnny.English.1080p.BluRay.x264-GRP", "Johnny English"),
        ("Charlotte's.Web.1080p.BluRay.x264-GRP", "Charlotte's Web"),
        ("Hardwired.STV.NFOFiX.FRENCH.DVDRiP.XviD-GRP", "Hardwired"),
        ("some.movie.720p.bluray.x264-mind", "some movie"),
        ("[www.example.com] - Movie.Title.2023.720p.HDTV.X264-GRP", "Movie Title"),
    ],
)
def test_release_names_lose_their_tags_and_keep_their_words(name: str, title: str) -> None:
    assert read(name).title == title


def test_the_last_word_of_a_title_is_kept_when_nothing_or_only_an_article_would_remain() -> None:
    assert read("The Final Cut (2004)").title == "The Final Cut"
    assert read("Cam (2018)").title == "Cam"
    assert read("Uncut.1997.DVDRip.XviD-GRP").title == "Uncut"
    assert read("South.Park.-.Bigger,.Longer.&.Uncut.1999.1080p").title == "South Park - Bigger, Longer & Uncut"


@pytest.mark.parametrize(
    ("name", "edition"),
    [
        ("Brazil (1985) {edition-Final Cut}", "Final Cut"),
        ("Movie Title.2012.(Special.Edition.Remastered).[Bluray-1080p].mkv", "Special Edition Remastered"),
        ("Movie Title Extended Directors Cut Fan Edit 2012", "Extended Directors Cut Fan Edit"),
        ("Movie Title 2012 50th Anniversary Edition.mkv", "50th Anniversary Edition"),
        ("Aliens.SE.1986.BDRip.1080p", "SE"),
        ("Movie.Holiday.Special.1978.DVD.REMUX.DD.2.0-GRP", None),
        ("Uncut.Movie.2019.720p.BluRay.x264-GRP", None),
    ],
)
def test_editions_are_found_before_and_behind_the_year(name: str, edition: str | None) -> None:
    assert read(name).edition == edition


def test_release_tags_are_told() -> None:
    reading = read("1917 (2019) {imdb-tt8579674} - [Bluray-1080p][DTS 5.1][x264]-GRP.mkv")
    assert (reading.resolution, reading.source, reading.codec, reading.group) == ("1080p", "bluray", "x264", "GRP")


def test_versions_are_the_label_behind_title_year_and_id() -> None:
    assert read("Arrival (2016) [tmdbid-329865] - 2160p.mkv").version == "2160p"
    assert read("Arrival (2016) [Directors Cut].mkv").version == "Directors Cut"
    assert read("Arrival (2016) - [Bluray-1080p].mkv").version is None


def test_parts_count_only_outside_the_title() -> None:
    disc = read("Title (2010) cd2.avi")
    assert (disc.title, disc.part, disc.stack_base) == ("Title", 2, "Title (2010)")
    assert read("Harry Potter and the Deathly Hallows - Part 2 (2011)").part is None


def test_what_is_taken_off_a_title_stays_among_its_aliases() -> None:
    assert "Le Prestige (The Prestige)" in read("Le.Prestige.(The.Prestige).2006.1080p.BluRay.x264-GRP").aliases
    assert read("Mon cousin a.k.a. My Cousin 2020 1080p.mkv").aliases[:2] == ("Mon cousin", "My Cousin")
    assert "Death Race 2000" in read("Death.Race.2000.1080p.BluRay.x264-GRP").aliases
    assert "Jackass 3D" in read("Jackass.3D.2010.1080p.BluRay.x264-GRP").aliases
    assert read("Run lola run (lola rennt) (2009).mp4").title == "Run lola run (lola rennt)"


@pytest.mark.parametrize(
    "name",
    [
        "Show.S01E02.720p.mkv",
        "Show - 1x02 - Title",
        "Show Season 02",
        "[Group] Some Title [1080p].mkv",
        "grp-title.2016.1080p.bluray.x264.mkv",
        "h265 - HEVC Title 1080p.mkv",
        "86de66b7ef385e2fa56a3e41b98481ea1658bfab",
        "Vrq6e1Aba3UamCjuEgV5R2QvdsLEGYF3YQAQkw8",
        "Movie.2016.Several.Words.Between.1080p.BluRay",
        "One - Two - Three 1080p",
        "",
        "...",
        "()",
    ],
)
def test_the_rules_decline_what_they_cannot_be_sure_of(name: str) -> None:
    assert parse_movie(name) is None


def test_bracketed_titles_are_no_groups() -> None:
    assert read("[REC] (2007)").title == "[REC]"
    assert read("[rec].mkv").title == "[rec]"
    assert read("[REC]² (2009)").title == "[REC]²"


def test_folders_that_end_like_an_extension_keep_their_word() -> None:
    assert read("Kick.Ass").title == "Kick Ass"


def test_an_id_alone_is_a_name() -> None:
    assert read("tt0133093").ids == {"imdb": "tt0133093"}


def test_file_names_that_any_film_may_have_say_nothing() -> None:
    assert all(
        says_nothing(name) for name in ("movie.mkv", "VIDEO_TS.IFO", "index.bdmv", "00000.m2ts", "title_t00.mkv")
    )
    assert not any(says_nothing(name) for name in ("Movie 43.mkv", "The Movie.mkv", "1917.mkv"))


# Properties

WORDS = st.text(alphabet=string.ascii_letters + "éüñßøКд千の", min_size=1, max_size=12).filter(
    lambda word: word[0].isupper() or not word.isascii()
)
TITLES = st.lists(WORDS, min_size=1, max_size=6).map(" ".join).filter(lambda title: parse_movie(title) is not None)
YEARS = st.integers(1900, 2030)
ANY_NAME = st.one_of(
    st.text(max_size=300),
    st.lists(
        st.sampled_from(
            [
                "(",
                ")",
                "[",
                "]",
                "{",
                "}",
                ".",
                " ",
                "-",
                "_",
                "1999",
                "2049",
                "1080p",
                "S01E02",
                "the",
                "cd1",
                "tmdb-1",
                "é",
                "x264",
                "aka",
            ]
        ),
        max_size=80,
    ).map("".join),
)


@given(title=TITLES, year=YEARS, tmdb=st.integers(1, 10**7))
def test_a_tidy_name_reads_back_as_it_was_built(title: str, year: int, tmdb: int) -> None:
    reading = read(f"{title} ({year}) {{tmdb-{tmdb}}}")
    assert (reading.year, reading.ids, reading.confidence) == (year, {"tmdb": str(tmdb)}, 100)
    assert title in (reading.title, *reading.aliases)


@given(title=TITLES, year=YEARS, group=st.sampled_from(["GRP", "SPARKS", "NTb"]))
def test_a_release_name_reads_back_as_it_was_built(title: str, year: int, group: str) -> None:
    dotted = title.replace(" ", ".")
    assume(not find_marks(dotted))  # a title that holds a release tag, as HLG is one, ends there
    reading = read(f"{dotted}.{year}.1080p.BluRay.x264-{group}.mkv")
    assert (reading.year, reading.resolution, reading.group) == (year, "1080p", group)
    letters = title.replace(" ", "")
    assert letters in [text.replace(" ", "").replace(".", "") for text in (reading.title, *reading.aliases)]


@given(
    title=TITLES,
    year=YEARS,
    tags=st.sampled_from(["", " {tmdb-5}", " [imdbid-tt0123456]", " {edition-Final Cut} {tmdb-7}"]),
)
@example(title="S.W.A.T", year=2003, tags="")
def test_the_short_way_for_tidy_names_agrees_with_the_long_one(title: str, year: int, tags: str) -> None:
    name = f"{title} ({year}){tags}"
    short = parse_tidy(name)
    assert short is None or short == _parse(name)


@given(ANY_NAME)
@example("(" * 255)
@example("1999 " * 51)
@example("2001x2001" * 28)
@example("web.dl." * 36)
@example("black and white " * 15)
@example("-" * 255)
def test_no_name_raises_or_takes_long(name: str) -> None:
    started = time.process_time()
    reading = parse_movie(name)
    cleaned = clean_name(name)
    assert time.process_time() - started < 0.25
    assert cleaned.title
    assert reading is None or (reading.title and 0 <= reading.confidence <= 100)


@given(ANY_NAME)
def test_titles_are_text_that_a_database_takes(name: str) -> None:
    for reading in (parse_movie(name), clean_name(name)):
        if reading is not None:
            reading.title.encode()
            assert reading.title == reading.title.strip()
            assert "\x00" not in reading.title
