import contextlib
from datetime import date
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metarr.domain.movie import ActorCredit, CollectionRef, CrewCredit, MovieMetadata
from metarr.errors import NfoUnreadable
from metarr.formats.nfo import MovieNfo, NfoReading, read_nfo, write_movie_nfo

THRIFTY = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
NUMBERS = st.integers(1, 2**31 - 1)
FOREIGN_TAGS = st.sampled_from(
    ["playcount", "tag", "Custom", "country", "userrating", "dateadded", "trailer", "x-y", "set2"]
)

# A tidy film holds only what an NFO can hold, so it must come back as it went.

tidy_texts = st.text(
    st.characters(exclude_categories=("C", "Z")) | st.sampled_from(" &<>\"'"), min_size=1, max_size=20
).map(lambda text: " ".join(text.split()) or "&")
tidy_plots = st.lists(tidy_texts, min_size=1, max_size=3).map("\n\n".join)
tidy_names = tidy_texts.map(lambda text: text.replace("/", "|"))
ratings = st.integers(1, 1000).map(lambda hundredths: hundredths / 100)


def _name_lists(least: int = 1) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(tidy_names, min_size=least, max_size=4, unique_by=str.casefold).map(tuple)


@st.composite
def tidy_films(draw: st.DrawFn) -> MovieMetadata:
    release_date = draw(st.none() | st.dates(date(1880, 1, 1), date(2100, 1, 1)))
    tmdb_rating, imdb_rating = draw(st.none() | ratings), draw(st.none() | ratings)
    directors, writers = draw(_name_lists(0)), draw(_name_lists(0))
    crew = (
        *(CrewCredit(name=name, role="director", sort_order=n) for n, name in enumerate(directors)),
        *(CrewCredit(name=name, role="writer", sort_order=n, tmdb_id=n + 1) for n, name in enumerate(writers)),
    )
    actors = draw(
        st.lists(st.builds(ActorCredit, name=tidy_texts, role=st.none() | tidy_texts, tmdb_id=st.none() | NUMBERS))
    )
    return MovieMetadata(
        title=draw(st.none() | tidy_texts),
        original_title=draw(st.none() | tidy_texts),
        sort_title=draw(st.none() | tidy_texts),
        tagline=draw(st.none() | tidy_texts),
        plot=draw(st.none() | tidy_plots),
        outline=draw(st.none() | tidy_plots),
        runtime=draw(st.none() | st.integers(1, 9999)),
        year=release_date.year if release_date else draw(st.none() | st.integers(1880, 2100)),
        release_date=release_date,
        content_rating=draw(st.none() | tidy_texts),
        tmdb_id=draw(st.none() | NUMBERS),
        imdb_id=draw(
            st.none()
            | st.integers(0, 99_999_999).map(lambda number: f"tt{number:07}").filter(lambda i: i != "tt0000000")
        ),
        tmdb_rating=tmdb_rating,
        tmdb_votes=draw(st.none() | NUMBERS) if tmdb_rating else None,
        imdb_rating=imdb_rating,
        imdb_votes=draw(st.none() | NUMBERS) if imdb_rating else None,
        genres=draw(st.none() | _name_lists()),
        studios=draw(st.none() | _name_lists()),
        actors=tuple(msgspec.structs.replace(actor, sort_order=n) for n, actor in enumerate(actors)) or None,
        crew=crew or None,
        collection=draw(
            st.none()
            | st.builds(
                CollectionRef, name=tidy_texts, tmdb_collection_id=st.none() | NUMBERS, plot=st.none() | tidy_plots
            )
        ),
    )


# A wild film holds whatever a database column takes.

wild_texts = st.text(st.characters() | st.sampled_from("\x00\x0b\r\n\x85\ud800\ufffe&</> "), max_size=20)
wild_integers = st.integers(-(2**31), 2**31 - 1)
wild_films = st.builds(
    MovieMetadata,
    **dict.fromkeys(
        ("title", "original_title", "sort_title", "tagline", "plot", "outline", "content_rating", "imdb_id"),
        st.none() | wild_texts,
    ),
    **dict.fromkeys(("runtime", "year", "tmdb_id", "tmdb_votes", "imdb_votes"), st.none() | wild_integers),
    **dict.fromkeys(("tmdb_rating", "imdb_rating"), st.none() | st.floats(-1, 11)),
    **dict.fromkeys(("genres", "studios"), st.none() | st.lists(wild_texts, max_size=4).map(tuple)),
    actors=st.lists(
        st.builds(ActorCredit, name=wild_texts, role=st.none() | wild_texts, sort_order=wild_integers), max_size=4
    ).map(tuple),
    crew=st.lists(st.builds(CrewCredit, name=wild_texts, role=st.sampled_from(["director", "writer"])), max_size=4).map(
        tuple
    ),
    collection=st.none() | st.builds(CollectionRef, name=wild_texts, plot=st.none() | wild_texts),
)


@st.composite
def foreign_elements(draw: st.DrawFn, tags: st.SearchStrategy[str] = FOREIGN_TAGS, depth: int = 2) -> Element:
    element = Element(draw(tags), draw(st.dictionaries(st.sampled_from(["a", "b"]), tidy_texts, max_size=2)))
    element.text = draw(st.none() | tidy_plots)
    if depth:
        for child in draw(st.lists(foreign_elements(depth=depth - 1), max_size=2)):
            element.append(child)
            child.tail = draw(st.none() | tidy_texts)
    return element


@st.composite
def previous_films(draw: st.DrawFn) -> bytes:
    root = ElementTree.fromstring(write_movie_nfo(MovieNfo(metadata=draw(tidy_films()))))
    root.extend(draw(st.lists(foreign_elements(), max_size=5)))
    for kind in draw(st.lists(st.sampled_from(["tvdb", "trakt", "unknown", ""]), max_size=2)):
        SubElement(root, "uniqueid", {"type": kind, "default": draw(st.sampled_from(["true", "false"]))}).text = draw(
            tidy_texts
        )
    for name in draw(st.lists(tidy_texts, max_size=2)):
        SubElement(root, "set").text = name
    return ElementTree.tostring(root, encoding=draw(st.sampled_from(["utf-8", "utf-16"])))


@THRIFTY
@given(tidy_films())
def test_a_film_comes_back_as_it_was_written(film: MovieMetadata) -> None:
    reading = read_nfo(write_movie_nfo(MovieNfo(metadata=film)))

    assert reading.metadata == film
    assert reading.warnings == ()


@THRIFTY
@given(wild_films)
def test_whatever_a_film_holds_its_nfo_is_sound_and_settles_at_once(film: MovieMetadata) -> None:
    data = write_movie_nfo(MovieNfo(metadata=film))
    settled = read_nfo(data).metadata
    root = ElementTree.fromstring(data)

    assert all(len(element) or (element.text or "").strip() for element in root.iter() if element is not root)
    assert len(root.findall("uniqueid[@default='true']")) == (root.find("uniqueid") is not None)
    assert read_nfo(write_movie_nfo(MovieNfo(metadata=settled))).metadata == settled


@THRIFTY
@given(wild_films, st.none() | previous_films())
def test_writing_again_changes_nothing(film: MovieMetadata, previous: bytes | None) -> None:
    movie = MovieNfo(metadata=film)
    written = write_movie_nfo(movie, previous)

    assert write_movie_nfo(movie, previous) == written
    assert write_movie_nfo(movie, written) == written


@THRIFTY
@given(tidy_films(), st.lists(foreign_elements(st.sampled_from(["playcount", "x-y", "Custom"])), max_size=5))
def test_elements_that_metarr_does_not_know_survive_in_order(film: MovieMetadata, elements: list[Element]) -> None:
    root = Element("movie")
    root.extend(elements)

    written = write_movie_nfo(MovieNfo(metadata=film), ElementTree.tostring(root))

    before = [words for element in elements if (words := _words(element))]
    after = [
        words
        for element in ElementTree.fromstring(written)
        if element.tag in ("playcount", "x-y", "Custom") and (words := _words(element))
    ]
    assert after == before


def _words(element: Element) -> list[str]:
    """All that an element says, layout aside: attributes and texts in document order."""
    words = [*(word for item in sorted(element.items()) for word in item), *(element.text or "").split()]
    for child in element:
        words += [*_words(child), *(child.tail or "").split()]
    return words


@THRIFTY
@given(tidy_films(), st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"]))
def test_a_film_reads_the_same_in_every_encoding(film: MovieMetadata, encoding: str) -> None:
    text = write_movie_nfo(MovieNfo(metadata=film)).decode()

    assert read_nfo(text.encode(encoding)).metadata == film


@THRIFTY
@given(st.binary(max_size=400) | st.text("<>&;!-[]CDATA/movie tile=\"'\x00é", max_size=200).map(str.encode))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with contextlib.suppress(NfoUnreadable):
        assert isinstance(read_nfo(data), NfoReading)


@THRIFTY
@given(previous_films(), st.data())
def test_a_damaged_file_is_read_or_refused_and_never_stops_a_write(data: bytes, draw: st.DataObject) -> None:
    start = draw.draw(st.integers(0, len(data)))
    damaged = data[:start] + draw.draw(st.binary(max_size=5)) + data[draw.draw(st.integers(start, len(data))) :]

    with contextlib.suppress(NfoUnreadable):
        assert isinstance(read_nfo(damaged), NfoReading)
    assert read_nfo(write_movie_nfo(MovieNfo(metadata=MovieMetadata(title="A")), damaged)).title == "A"
