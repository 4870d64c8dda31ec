import codecs
from datetime import date

import pytest

from metarr.domain.movie import ActorCredit, CollectionRef, CrewCredit, MovieMetadata
from metarr.formats.nfo import NfoReading, read_nfo


def _read(inside: str, *, after: str = "") -> NfoReading:
    return read_nfo(f"<movie>{inside}</movie>{after}".encode())


def _film(inside: str) -> MovieMetadata:
    return _read(inside).metadata


@pytest.mark.parametrize("declared", ["UTF-8", "UTF-16", "no-such-encoding", "utf-7", "rot13"])
@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (b"", "utf-8"),
        (codecs.BOM_UTF8, "utf-8"),
        (b"", "utf-16-le"),
        (b"", "utf-16-be"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (b"", "cp1252"),
    ],
)
def test_the_bytes_say_the_encoding_and_a_wrong_declaration_does_no_harm(
    mark: bytes, encoding: str, declared: str
) -> None:
    xml = f'<?xml version="1.0" encoding="{declared}"?>\n<movie><title>Amélie – Ünïcode</title></movie>'

    reading = read_nfo(mark + xml.encode(encoding))

    assert reading.metadata.title == "Amélie – Ünïcode"
    assert reading.warnings == ()


@pytest.mark.parametrize(
    ("encoding", "title"),
    [
        ("windows-1251", "Москва"),
        ("shift_jis", "千と千尋"),
        ("iso-8859-2", "Žižkov"),
        ("ISO-8859-1", "“Löwe”"),
        ("gbk", "卧虎"),
    ],
)
def test_a_declared_encoding_is_used_where_the_bytes_are_not_utf_8(encoding: str, title: str) -> None:
    xml = f'<?xml version="1.0" encoding="{encoding}"?><movie><title>{title}</title></movie>'
    real = "cp1252" if encoding == "ISO-8859-1" else encoding

    assert read_nfo(xml.encode(real)).metadata.title == title


def test_a_file_that_mixes_two_encodings_is_read_right_in_both() -> None:
    data = b"<movie><title>L\xe9on \x81</title><plot>" + "Žižkov".encode() + b"</plot></movie>"

    film = read_nfo(data).metadata

    assert (film.title, film.plot) == ("Léon", "Žižkov")


def test_a_title_may_be_anything_that_people_write() -> None:
    assert _film("<title>Tom &amp; Jerry</title>").title == "Tom & Jerry"
    assert _film("<title>Tom & Jerry; AT&T &nbsp;&lt;3</title>").title == "Tom & Jerry; AT&T \u00a0<3"
    assert _film("<title>I <3 you, 1 < 2 & 3</title>").title == "I <3 you, 1 < 2 & 3"
    assert _film("<title><![CDATA[<b> & </b>]]></title><plot>R&D<![CDATA[ & &amp;]]></plot>").plot == "R&D & &amp;"
    assert _film("<title>Bell\x07 &#7;&#x0B;end&#65;</title>").title == "Bell endA"
    assert _film("<title>\n  Broken over\n      two lines\n</title>").title == "Broken over two lines"
    assert _film("<title></title><title>Second</title>").title == "Second"


def test_what_was_mended_is_told() -> None:
    assert _read("<title>Tom & Jerry</title>").warnings == (
        "<movie> was not well-formed XML and was mended while reading",
    )
    assert _read("<title>Tom &amp; Jerry</title>").warnings == ()


def test_junk_around_the_root_is_passed_over() -> None:
    reading = read_nfo(
        b'\n junk <!-- <movie><title>No</title></movie> --> \n<?xml version="1.0"?>\n<movie><title>Yes</title></movie> \0'
    )

    assert (reading.root, reading.title) == ("movie", "Yes")


def test_a_closing_tag_in_the_text_does_not_end_the_film() -> None:
    assert _film("<plot><![CDATA[ends with </movie> here]]></plot><year>1999</year>").year == 1999


def test_capitals_and_a_namespace_in_tags_do_not_matter() -> None:
    assert read_nfo(b"<MOVIE><Title>Loud</Title></MOVIE>").title == "Loud"
    assert read_nfo(b'<movie xmlns="http://example.org/nfo"><title>Spaced</title></movie>').title == "Spaced"


def test_an_empty_film_says_nothing() -> None:
    empty = "".join(
        f"<{tag}></{tag}>" for tag in ("title", "year", "rating", "id", "genre", "director", "actor", "set")
    )

    assert _film(empty) == MovieMetadata()
    assert read_nfo(b"<movie/>").metadata == MovieMetadata()


def test_the_first_of_several_films_counts() -> None:
    reading = read_nfo(b"<movie><title>First</title></movie><movie><title>Second</title></movie>")

    assert reading.title == "First"
    assert reading.warnings == ("2 <movie> elements: only the first one is read",)


@pytest.mark.parametrize(
    ("data", "root", "title"),
    [
        (b"<tvshow><title>Show</title><id>121361</id></tvshow>", "tvshow", "Show"),
        (
            b"<episodedetails><title>A</title></episodedetails>\n<episodedetails><title>B</title></episodedetails>",
            "episodedetails",
            "A",
        ),
        (
            b"<xbmcmultiepisode><episodedetails><title>A</title></episodedetails></xbmcmultiepisode>",
            "episodedetails",
            "A",
        ),
        (b"<artist><name>Radiohead</name><album><title>OK</title></album></artist>", "artist", "Radiohead"),
        (b"<season><title>Season 1</title><season>1</season></season>", "season", "Season 1"),
        (b"<musicvideo><title>Queen</title><album>Arrival</album></musicvideo>", "musicvideo", "Queen"),
    ],
)
def test_other_kinds_of_item_are_recognised_and_left_to_their_readers(data: bytes, root: str, title: str) -> None:
    reading = read_nfo(data)

    assert (reading.root, reading.title, reading.metadata) == (root, title, MovieMetadata())


# Ids.


@pytest.mark.parametrize(
    ("inside", "ids"),
    [
        ('<uniqueid type="tmdb">1</uniqueid><tmdbid>2</tmdbid>', {"tmdb": "1"}),
        ('<uniqueid type="tmdb">1</uniqueid><uniqueid type="tmdb" default="true">2</uniqueid>', {"tmdb": "2"}),
        ("<tmdbid>2</tmdbid><id>3</id>", {"tmdb": "2"}),
        ('<uniqueid type="TheMovieDb">5</uniqueid><IMDbId>tt0000005</IMDbId>', {"tmdb": "5", "imdb": "tt0000005"}),
        ("<uniqueid>tt2543164</uniqueid>", {"imdb": "tt2543164"}),
        ('<uniqueid type="unknown">42</uniqueid>', {"tmdb": "42"}),
        ('<uniqueid type="imdb">0133093</uniqueid>', {"imdb": "tt0133093"}),
        ("<imdb_id>https://www.imdb.com/title/tt0133093/</imdb_id>", {"imdb": "tt0133093"}),
        ("<id>329865</id>", {"tmdb": "329865"}),
        ("<id> tt0111161 </id>", {"imdb": "tt0111161"}),
        ('<uniqueid type="tvdb" default="true">77</uniqueid><id>77</id>', {"tvdb": "77"}),
        ('<id IMDB="tt0000011" TMDB="46639">253573</id>', {"imdb": "tt0000011", "tmdb": "46639"}),
        ('<uniqueid type="trakt">x-1</uniqueid>', {"trakt": "x-1"}),
        ("<ids><entry><key>tmdb</key><value>12244 </value></entry></ids>", {"tmdb": "12244"}),
        ("<tmdbid>0</tmdbid><imdbid>N/A</imdbid><tvdbid>-1</tvdbid><id>tt</id>", {}),
        ("<tmdbid>99999999999</tmdbid><tvdbid>12a</tvdbid><imdbid>nm0000001</imdbid>", {}),
    ],
)
def test_ids_are_taken_by_trust_and_only_when_they_can_be_ids(inside: str, ids: dict[str, str]) -> None:
    assert _read(inside).ids == ids


def test_two_ids_of_one_provider_are_told() -> None:
    reading = _read('<uniqueid type="tmdb">1</uniqueid><tmdbid>2</tmdbid><id>1</id>')

    assert reading.metadata.tmdb_id == 1
    assert reading.warnings == ("two different TMDB ids: 1 (uniqueid) and 2 (tmdbid); the first one counts",)


def test_a_number_in_the_id_of_a_series_is_tvdbs() -> None:
    assert read_nfo(b"<tvshow><id>121361</id></tvshow>").ids == {"tvdb": "121361"}


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("https://www.imdb.com/title/tt0133093/", {"imdb": "tt0133093"}),
        ("http://us.imdb.com/Title?0133093", {"imdb": "tt0133093"}),
        ("https://m.imdb.com/de/title/tt0133093?ref_=x", {"imdb": "tt0133093"}),
        ("https://www.themoviedb.org/movie/27205-inception?language=de-DE", {"tmdb": "27205"}),
        ("https://www.themoviedb.org/tv/1396-breaking-bad", {"tmdb": "1396"}),
        ("http://thetvdb.com/index.php?tab=series&amp;id=121361&lid=7", {"tvdb": "121361"}),
        ("https://thetvdb.com/?tab=episode&seriesid=5&seasonid=6&id=7", {"tvdb": "5"}),
        ("https://thetvdb.com/dereferrer/series/121361", {"tvdb": "121361"}),
        ("https://www.tvmaze.com/shows/82/game-of-thrones", {"tvmaze": "82"}),
        (
            "https://musicbrainz.org/artist/a74b1b7f-71a5-4011-9441-d0b5e4122711",
            {"musicbrainzartist": "a74b1b7f-71a5-4011-9441-d0b5e4122711"},
        ),
        ("see themoviedb.org/movie/603, imdb.com/title/tt0133093", {"tmdb": "603", "imdb": "tt0133093"}),
        ("iMDB.....: tt0133093 / 8.7", {"imdb": "tt0133093"}),
        ("IMDB:http://www.imdb.com/title/tt0133093", {"imdb": "tt0133093"}),
    ],
)
def test_a_file_of_links_gives_ids(text: str, ids: dict[str, str]) -> None:
    reading = read_nfo(text.encode())

    assert reading.root is None
    assert reading.ids == ids


def test_only_a_link_to_a_film_names_a_film() -> None:
    assert read_nfo(b"https://www.themoviedb.org/movie/603").metadata.tmdb_id == 603
    assert read_nfo(b"https://www.themoviedb.org/tv/1396").metadata == MovieMetadata()


def test_links_behind_the_xml_are_trusted_least() -> None:
    reading = _read(
        "<tmdbid>1</tmdbid>", after="\nhttps://www.themoviedb.org/movie/2\nhttps://www.imdb.com/title/tt0000003/\n"
    )

    assert reading.ids == {"tmdb": "1", "imdb": "tt0000003"}
    assert reading.urls == ("https://www.themoviedb.org/movie/2", "https://www.imdb.com/title/tt0000003/")
    assert len(reading.warnings) == 1


def test_a_series_link_says_nothing_of_a_film() -> None:
    assert _read("<title>A</title>", after="https://www.themoviedb.org/tv/1396").ids == {}


def test_the_same_id_twice_is_no_conflict() -> None:
    assert _read("<imdbid>tt0000003</imdbid>", after="imdb.com/title/tt0000003").warnings == ()


# Fields.


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("142", 142),
        (" 142 min", 142),
        ("142.0", 142),
        ("2h 22min", 142),
        ("2 hrs 22", 142),
        ("2:22", 142),
        ("1h", 60),
        ("0", None),
        ("long", None),
    ],
)
def test_runtime_is_minutes(text: str, minutes: int | None) -> None:
    assert _film(f"<runtime>{text}</runtime>").runtime == minutes


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2009-08-19", date(2009, 8, 19)),
        ("2009-8-9", date(2009, 8, 9)),
        ("2009-08-19T00:00:00Z", date(2009, 8, 19)),
        ("2009/08/19", date(2009, 8, 19)),
        ("20090819", date(2009, 8, 19)),
        ("19.08.2009", date(2009, 8, 19)),
        ("19/08/2009", date(2009, 8, 19)),
        ("08/19/2009", date(2009, 8, 19)),
        ("19 Aug 2009", date(2009, 8, 19)),
        ("August 19, 2009", date(2009, 8, 19)),
        ("08/09/2009", None),
        ("2009", None),
        ("2011-13-45", None),
        ("0001-01-01", None),
        ("1601-01-01", None),
        ("soon", None),
    ],
)
def test_dates_are_read_where_they_mean_one_day(text: str, expected: date | None) -> None:
    film = _film(f"<premiered>{text}</premiered>")

    assert film.release_date == expected
    assert film.year == (expected.year if expected else None)


def test_the_year_may_differ_from_the_premiere() -> None:
    film = _film("<year>2001</year><releasedate>2002-03-01</releasedate>")

    assert (film.year, film.release_date) == (2001, date(2002, 3, 1))


def test_ratings_are_scaled_and_told_apart_by_name() -> None:
    film = _film(
        "<rating>1.0</rating><ratings>"
        '<rating name="metacritic" max="100"><value>81</value></rating>'
        '<rating name="imdb" max="10"><value>7,9</value><votes>820,914</votes></rating>'
        '<rating name="themoviedb" max="100"><value>76.4</value><votes>18.420</votes></rating>'
        "</ratings>"
    )

    assert (film.imdb_rating, film.imdb_votes) == (7.9, 820914)
    assert (film.tmdb_rating, film.tmdb_votes) == (7.64, 18420)


@pytest.mark.parametrize(
    ("inside", "rating", "votes"),
    [
        ("<rating>7.5</rating><votes>1 234</votes>", 7.5, 1234),
        ("<communityrating>7.5</communityrating>", 7.5, None),
        ("<communityrating>15.5</communityrating>", None, None),
        ("<rating>-1</rating><votes>5</votes>", None, None),
        ("<rating>0.0</rating>", None, None),
        ('<rating max="5">4</rating><votes>many</votes>', 8.0, None),
        ('<ratings><rating name="default"><value>7.4</value></rating></ratings>', 7.4, None),
    ],
)
def test_a_rating_without_a_name_counts_as_tmdbs(inside: str, rating: float | None, votes: int | None) -> None:
    film = _film(inside)

    assert (film.tmdb_rating, film.tmdb_votes) == (rating, votes)


def test_lists_are_split_at_spaced_slashes_only() -> None:
    film = _film(
        "<genre>Action &amp; Adventure / Sci-Fi/Fantasy</genre><genre>action &amp; adventure</genre>"
        "<studio>Focus Films, inc</studio><genres><genre>Drama</genre></genres>"
    )

    assert film.genres == ("Action & Adventure", "Sci-Fi/Fantasy", "Drama")
    assert film.studios == ("Focus Films, inc",)


def test_people_come_with_their_parts_and_places() -> None:
    film = _film(
        "<actor><name>B</name><role>Second / Twin</role><order>1</order><thumb>http://x/b.jpg</thumb></actor>"
        "<actor><Name>A</Name><order>0</order><tmdbid>7</tmdbid><imdbid>nm0000007</imdbid><thumb>../../etc/passwd</thumb></actor>"
        "<actor><name>Money</name><type>Producer</type></actor><actor><role>Nobody</role></actor>"
        '<director tmdbid="2034">D</director><credits>W / V</credits><writer>w</writer>'
    )

    assert film.actors == (
        ActorCredit(name="A", sort_order=0, tmdb_id=7, imdb_id="nm0000007"),
        ActorCredit(name="B", role="Second / Twin", sort_order=1, thumb_url="http://x/b.jpg"),
    )
    assert film.crew == (
        CrewCredit(name="D", role="director", tmdb_id=2034),
        CrewCredit(name="W", role="writer", sort_order=0),
        CrewCredit(name="V", role="writer", sort_order=1),
    )


@pytest.mark.parametrize(
    ("inside", "expected"),
    [
        ("<set>Old</set>", CollectionRef(name="Old")),
        ("<set>Old<name>New</name><overview>All of it.</overview></set>", CollectionRef(name="New", plot="All of it.")),
        (
            '<set tmdbcolid="1565"><name>A</name></set><set><name>B</name></set>',
            CollectionRef(name="A", tmdb_collection_id=1565),
        ),
        (
            "<set><name>A</name></set><collectionnumber>9</collectionnumber>",
            CollectionRef(name="A", tmdb_collection_id=9),
        ),
        ('<sets><set order="1">A</set></sets>', CollectionRef(name="A")),
        ("<set></set>", None),
    ],
)
def test_the_set_is_read_in_every_form(inside: str, expected: CollectionRef | None) -> None:
    assert _film(inside).collection == expected


def test_the_certification_is_the_players_text() -> None:
    assert (
        _film("<mpaa>Rated PG-13 for violence</mpaa><certification>US:R</certification>").content_rating
        == "Rated PG-13 for violence"
    )
    assert _film("<mpaa/><certification>US:PG-13 / US:Rated PG-13</certification>").content_rating == "US:PG-13"


def test_jellyfins_locks_are_told() -> None:
    reading = _read("<lockdata>True</lockdata><lockedfields>Name|Overview</lockedfields>")

    assert (reading.locked, reading.locked_fields) == (True, ("Name", "Overview"))
    assert not _read("<lockdata>false</lockdata>").locked
