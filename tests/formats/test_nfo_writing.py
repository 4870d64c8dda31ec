from datetime import UTC, date, datetime
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import pytest

from metarr.domain.movie import METADATA_FIELDS, ActorCredit, CollectionRef, CrewCredit, MovieMetadata
from metarr.domain.streams import AudioStream, MediaStreams, SubtitleStream, VideoStream
from metarr.formats.nfo import MovieNfo, read_nfo, write_movie_nfo

ARRIVAL = MovieMetadata(
    title="Arrival",
    original_title="Arrival",
    sort_title="Arrival",
    tagline="Why are they here?",
    plot="An expert linguist.\n\nIs recruited & more.",
    outline="Aliens land.",
    runtime=116,
    year=2016,
    release_date=date(2016, 11, 10),
    content_rating="PG-13",
    tmdb_id=329865,
    imdb_id="tt2543164",
    tmdb_rating=7.6,
    tmdb_votes=18420,
    imdb_rating=7.9,
    imdb_votes=820914,
    genres=("Drama", "Science Fiction"),
    studios=("FilmNation",),
    actors=(ActorCredit(name="Amy Adams", role="Louise", sort_order=0, tmdb_id=9273, thumb_url="http://x/a.jpg"),),
    crew=(
        CrewCredit(name="Denis Villeneuve", role="director", tmdb_id=137427),
        CrewCredit(name="Eric Heisserer", role="writer"),
        CrewCredit(name="Jóhann Jóhannsson", role="composer"),
    ),
    collection=CollectionRef(name="Stories", tmdb_collection_id=5, plot="All of them."),
)
STREAMS = MediaStreams(
    duration_seconds=6986,
    video=(VideoStream(stream_index=0, codec="h265", width=3840, height=1600, aspect_ratio="16:9", hdr_type="HDR10"),),
    audio=(AudioStream(stream_index=1, codec="DTS-HD MA", language="eng", channels=8), AudioStream(stream_index=2)),
    subtitles=(
        SubtitleStream(stream_index=3, language="fre"),
        SubtitleStream(stream_index=4),
        SubtitleStream(file_path="/films/a.de.srt", language="ger"),
    ),
)


def _write(film: MovieMetadata = ARRIVAL, previous: str | None = None, **more: object) -> Element:
    data = write_movie_nfo(MovieNfo(metadata=film, **more), previous.encode() if previous else None)  # type: ignore[arg-type]
    return ElementTree.fromstring(data)


def _texts(root: Element, path: str) -> list[str | None]:
    return [element.text for element in root.findall(path)]


def test_a_film_is_written_like_this() -> None:
    data = write_movie_nfo(
        MovieNfo(metadata=ARRIVAL, streams=STREAMS, date_added=datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC))
    )

    assert (
        data.decode()
        == """\
<?xml version="1.0" encoding="UTF-8" standalone="yes" ?>
<movie>
    <title>Arrival</title>
    <originaltitle>Arrival</originaltitle>
    <sorttitle>Arrival</sorttitle>
    <ratings>
        <rating name="imdb" max="10">
            <value>7.9</value>
            <votes>820914</votes>
        </rating>
        <rating name="themoviedb" max="10" default="true">
            <value>7.6</value>
            <votes>18420</votes>
        </rating>
    </ratings>
    <outline>Aliens land.</outline>
    <plot>An expert linguist.

Is recruited &amp; more.</plot>
    <tagline>Why are they here?</tagline>
    <runtime>116</runtime>
    <mpaa>PG-13</mpaa>
    <uniqueid type="tmdb" default="true">329865</uniqueid>
    <uniqueid type="imdb">tt2543164</uniqueid>
    <tmdbid>329865</tmdbid>
    <imdbid>tt2543164</imdbid>
    <genre>Drama</genre>
    <genre>Science Fiction</genre>
    <set tmdbcolid="5">
        <name>Stories</name>
        <overview>All of them.</overview>
    </set>
    <credits>Eric Heisserer</credits>
    <director tmdbid="137427">Denis Villeneuve</director>
    <premiered>2016-11-10</premiered>
    <year>2016</year>
    <studio>FilmNation</studio>
    <fileinfo>
        <streamdetails>
            <video>
                <codec>hevc</codec>
                <aspect>1.777778</aspect>
                <width>3840</width>
                <height>1600</height>
                <durationinseconds>6986</durationinseconds>
                <hdrtype>hdr10</hdrtype>
            </video>
            <audio>
                <codec>dtshd_ma</codec>
                <language>eng</language>
                <channels>8</channels>
            </audio>
            <subtitle>
                <language>fre</language>
            </subtitle>
        </streamdetails>
    </fileinfo>
    <actor>
        <name>Amy Adams</name>
        <role>Louise</role>
        <order>0</order>
        <tmdbid>9273</tmdbid>
    </actor>
    <dateadded>2024-05-06 07:08:09</dateadded>
</movie>
"""
    )


def test_a_film_of_which_nothing_is_known_is_an_empty_film() -> None:
    root = _write(MovieMetadata())

    assert (root.tag, len(root)) == ("movie", 0)


def test_text_that_xml_or_a_skin_cannot_show_is_left_out() -> None:
    root = _write(MovieMetadata(title="A\x00\x07\ud800 <b>\n & \x85B\ufffe ", plot="1\r\n2\r3\x1f", tagline=" \n "))

    assert _texts(root, "title") == ["A <b> & B"]
    assert _texts(root, "plot") == ["1\n2\n3"]
    assert root.find("tagline") is None


@pytest.mark.parametrize(
    ("hdr_type", "written"),
    [("HDR10", ["hdr10"]), ("HDR10+", ["hdr10plus"]), ("Dolby Vision", ["dolbyvision"]), ("HLG", ["hlg"]), (None, [])],
)
def test_the_dynamic_range_is_in_kodis_words(hdr_type: str | None, written: list[str]) -> None:
    streams = MediaStreams(video=(VideoStream(stream_index=0, codec="av1", hdr_type=hdr_type),))

    assert _texts(_write(streams=streams), ".//hdrtype") == written


@pytest.mark.parametrize(
    ("ratio", "written"),
    [("2.39:1", ["2.39"]), ("4:3", ["1.333333"]), ("1.85", ["1.85"]), ("1:0", []), ("wide", []), (None, [])],
)
def test_the_aspect_is_a_number(ratio: str | None, written: list[str]) -> None:
    streams = MediaStreams(video=(VideoStream(stream_index=0, codec="h264", aspect_ratio=ratio),))

    assert _texts(_write(streams=streams), ".//aspect") == written


def test_without_tmdb_imdb_is_the_default_in_ids_and_ratings() -> None:
    root = _write(MovieMetadata(imdb_id="tt0000001", imdb_rating=8.0))

    assert [element.attrib for element in root.findall("uniqueid")] == [{"type": "imdb", "default": "true"}]
    assert [element.attrib for element in root.findall("ratings/rating")] == [
        {"name": "imdb", "max": "10", "default": "true"}
    ]


def test_no_genre_has_a_slash() -> None:
    assert _texts(_write(MovieMetadata(genres=("Sci-Fi/Fantasy", "Drama", "fantasy"))), "genre") == [
        "Sci-Fi",
        "Fantasy",
        "Drama",
    ]


def test_locks_are_told_in_the_profile_for_them() -> None:
    some = _write(locks=frozenset({"title", "plot", "actors", "poster"}))
    every = _write(locks=frozenset(METADATA_FIELDS))
    outside = _write(previous="<movie><lockdata>true</lockdata><lockedfields>Name</lockedfields></movie>")

    assert (_texts(some, "lockdata"), _texts(some, "lockedfields")) == (["false"], ["Cast|Name|Overview"])
    assert _texts(every, "lockdata") == ["true"]
    assert (_texts(outside, "lockdata"), _texts(outside, "lockedfields")) == (["true"], ["Name"])


# What of the previous file is kept.


def test_what_metarr_does_not_know_stays() -> None:
    root = _write(
        previous="<movie><playcount>2</playcount><tag>b</tag><custom a='1'>keep <i>me</i> whole</custom><tag>a</tag>"
        "<userrating>9</userrating><top250>7</top250><lastplayed>2020-01-01</lastplayed><tvdbid>12</tvdbid>"
        "<dateadded>2019-07-05 17:35:08</dateadded><resume><position>1</position></resume></movie>",
        date_added=datetime(2024, 5, 6, tzinfo=UTC),
    )

    assert _texts(root, "playcount") == ["2"]
    assert _texts(root, "tag") == ["b", "a"]
    assert (
        ElementTree.tostring(root.findall("custom")[0], encoding="unicode").strip()
        == '<custom a="1">keep <i>me</i> whole</custom>'
    )
    assert _texts(root, "resume/position") == ["1"]
    assert _texts(root, "dateadded") == ["2019-07-05 17:35:08"]
    assert [
        element.tag
        for element in root
        if element.tag in ("ratings", "userrating", "top250", "outline", "imdbid", "tvdbid")
    ] == [
        "ratings",
        "userrating",
        "top250",
        "outline",
        "imdbid",
        "tvdbid",
    ]
    assert [element.tag for element in root][-4:] == ["playcount", "custom", "lastplayed", "resume"]


def test_empty_elements_pictures_paths_and_metadata_languages_do_not_stay() -> None:
    root = _write(
        previous="<movie><lastplayed/><resume><position></position></resume><thumb>http://x</thumb><fanart><thumb>y</thumb></fanart>"
        "<art><poster>/a.jpg</poster></art><language>de</language><countrycode>DE</countrycode><path>/old</path>"
        "<producer><name>P</name><thumb>z</thumb></producer></movie>"
    )
    written = {element.tag for element in root.iter()}

    assert not written & {"lastplayed", "resume", "thumb", "fanart", "art", "language", "countrycode", "path"}
    assert _texts(root, "producer/name") == ["P"]


def test_what_metarr_knows_better_does_not_stay_under_any_name() -> None:
    root = _write(
        MovieMetadata(title="New", tmdb_id=1),
        "<movie><title>Old</title><sortname>Old</sortname><rating>3</rating><votes>4</votes><id>1</id><imdb>tt9</imdb><writer>W</writer>"
        "<tmdb_id>1</tmdb_id><genre>G</genre><actor><name>A</name></actor><set>S</set><plot>P</plot><review>R</review></movie>",
    )

    assert [element.tag for element in root] == ["title", "uniqueid", "tmdbid"]


def test_ids_and_ratings_of_others_stay_with_the_same_film() -> None:
    previous = (
        '<movie><uniqueid type="tvdb" default="true">7</uniqueid><uniqueid type="tmdb">{}</uniqueid><ratings>'
        '<rating name="metacritic" max="100" default="true"><value>81</value></rating></ratings></movie>'
    )
    same, other = _write(previous=previous.format(329865)), _write(previous=previous.format(1))

    assert [(e.get("type"), e.get("default")) for e in same.findall("uniqueid")] == [
        ("tmdb", "true"),
        ("imdb", None),
        ("tvdb", None),
    ]
    assert [(e.get("name"), e.get("default")) for e in same.findall("ratings/rating")] == [
        ("metacritic", None),
        ("imdb", None),
        ("themoviedb", "true"),
    ]
    assert [e.get("type") for e in other.findall("uniqueid")] == ["tmdb", "imdb"]
    assert len(other.findall("ratings/rating")) == 2


def test_there_is_one_default_id_even_among_strangers() -> None:
    root = _write(
        MovieMetadata(title="A"),
        '<movie><uniqueid type="tvdb">1</uniqueid><uniqueid type="trakt" default="true">2</uniqueid></movie>',
    )

    assert [(e.get("type"), e.get("default")) for e in root.findall("uniqueid")] == [("tvdb", None), ("trakt", "true")]


def test_countries_become_one_element() -> None:
    root = _write(previous="<movie><country>UK</country><country>Germany / UK</country></movie>")

    assert _texts(root, "country") == ["UK / Germany"]


def test_embys_further_sets_stay_behind_the_films_own() -> None:
    previous = "<movie><set><name>Old</name></set><set><name>Mine</name></set></movie>"

    assert _texts(_write(previous=previous), "set/name") == ["Stories", "Mine"]
    assert _texts(_write(MovieMetadata(title="A"), previous), "set/name") == []


def test_a_trailer_link_stays_unless_a_trailer_lies_beside_the_film() -> None:
    previous = "<movie><trailer>plugin://plugin.video.youtube/play/?video_id=x</trailer></movie>"

    assert len(_texts(_write(previous=previous), "trailer")) == 1
    assert len(_texts(_write(previous=previous, has_local_trailer=True), "trailer")) == 0


def test_stream_details_stay_until_the_file_is_probed() -> None:
    previous = "<movie><fileinfo><streamdetails><video><codec>xvid</codec></video></streamdetails></fileinfo></movie>"

    assert _texts(_write(previous=previous), ".//video/codec") == ["xvid"]
    assert _texts(_write(previous=previous, streams=STREAMS), ".//video/codec") == ["hevc"]
    assert _texts(_write(previous=previous, streams=MediaStreams()), ".//video/codec") == ["xvid"]


def test_tinymediamanagers_ids_stay_without_those_that_metarr_writes() -> None:
    entry = "<entry><key>{}</key><value>{}</value></entry>"
    root = _write(previous=f"<movie><ids>{entry.format('tmdb', 329865)}{entry.format('trakt', 7146)}</ids></movie>")

    assert _texts(root, "ids/entry/key") == ["trakt"]


@pytest.mark.parametrize(
    "previous",
    ["", "no XML", "<movie><playcount>2", "<tvshow><playcount>2</playcount></tvshow>", "<!DOCTYPE a><movie/>"],
)
def test_a_previous_file_that_is_no_film_is_ignored(previous: str) -> None:
    assert write_movie_nfo(MovieNfo(metadata=ARRIVAL), previous.encode()) == write_movie_nfo(MovieNfo(metadata=ARRIVAL))


def test_a_namespace_of_the_previous_file_is_declared_again() -> None:
    previous = '<movie xmlns:x="http://example.org/x"><x:note x:by="me">n</x:note></movie>'
    written = write_movie_nfo(MovieNfo(metadata=ARRIVAL), previous.encode())

    assert ElementTree.fromstring(written).findall("{http://example.org/x}note")[0].text == "n"
    assert write_movie_nfo(MovieNfo(metadata=ARRIVAL), written) == written


def test_a_written_film_is_read_back() -> None:
    film = read_nfo(write_movie_nfo(MovieNfo(metadata=ARRIVAL, streams=STREAMS))).metadata

    assert film.actors == (ActorCredit(name="Amy Adams", role="Louise", sort_order=0, tmdb_id=9273),)
    assert [credit.name for credit in film.crew or ()] == ["Denis Villeneuve", "Eric Heisserer"]
    assert (film.plot, film.collection) == (ARRIVAL.plot, ARRIVAL.collection)
