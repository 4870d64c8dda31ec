"""Merging: locks, priorities, and never erasing."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from metarr.domain.merge import SourcedAnswer, applied, merge, merge_anew, says_something
from metarr.domain.movie import (
    LIST_FIELDS,
    METADATA_FIELDS,
    ActorCredit,
    CollectionRef,
    CrewCredit,
    MovieMetadata,
)

names = st.sampled_from(["Ada", "ada", "Ben", "Cleo", "Dirk", "  ", "Éva"])
texts = st.none() | st.sampled_from(["", " ", "Alpha", "Beta", "Gamma"])
numbers = st.none() | st.integers(0, 3)
ids = st.none() | st.integers(1, 4)
actors = st.builds(ActorCredit, name=names, role=texts, tmdb_id=ids, imdb_id=st.none(), thumb_url=st.none())
crew = st.builds(CrewCredit, name=names, role=st.sampled_from(["director", "writer"]), tmdb_id=ids)
VALUES: dict[str, st.SearchStrategy[object]] = {
    **dict.fromkeys(METADATA_FIELDS, texts),
    **dict.fromkeys(("runtime", "year", "tmdb_id", "tmdb_votes", "imdb_votes"), numbers),
    **dict.fromkeys(("tmdb_rating", "imdb_rating"), st.none() | st.floats(0, 10)),
    "release_date": st.none() | st.dates(date(1900, 1, 1), date(2030, 1, 1)),
    "genres": st.none() | st.lists(names).map(tuple),
    "studios": st.none() | st.lists(names).map(tuple),
    "actors": st.none() | st.lists(actors, max_size=4).map(tuple),
    "crew": st.none() | st.lists(crew, max_size=4).map(tuple),
    "collection": st.none() | st.builds(CollectionRef, name=names, tmdb_collection_id=ids),
}
films = st.fixed_dictionaries(VALUES).map(lambda values: MovieMetadata(**values))
answers = st.lists(
    st.builds(
        SourcedAnswer,
        source=st.sampled_from(["nfo", "tmdb", "omdb", "fanart_tv"]),
        metadata=films,
        priority=st.none() | st.integers(0, 2),
    ),
    max_size=4,
    unique_by=lambda answer: answer.source,
)
locks = st.frozensets(st.sampled_from(METADATA_FIELDS))


def said(source: str, priority: int | None = None, **fields: object) -> SourcedAnswer:
    return SourcedAnswer(source=source, priority=priority, metadata=MovieMetadata(**fields))


@given(films, locks, answers)
def test_a_locked_field_never_changes_whatever_arrives(current, locked, arriving):
    for changes in (merge(current, locked, arriving), merge_anew(current, locked, arriving)):
        assert not {change.field for change in changes} & locked


@given(films, locks, answers)
def test_merging_the_same_answers_again_changes_nothing(current, locked, arriving):
    once = applied(current, merge(current, locked, arriving))
    assert merge(once, locked, arriving) == ()


@given(films, answers, st.randoms(use_true_random=False))
def test_the_order_in_which_answers_arrive_does_not_matter(current, arriving, random):
    shuffled = list(arriving)
    random.shuffle(shuffled)
    assert merge(current, frozenset(), shuffled) == merge(current, frozenset(), arriving)


@given(films, locks, answers)
def test_no_answer_blanks_a_field(current, locked, arriving):
    for change in merge(current, locked, arriving):
        assert says_something(change.new)


@given(films, locks, answers)
def test_a_film_that_turns_out_to_be_another_keeps_a_title_and_its_locked_fields_only(current, locked, arriving):
    after = applied(current, merge_anew(current, locked, arriving))
    spoken = {field for field in METADATA_FIELDS for answer in arriving if getattr(answer.metadata, field) is not None}
    made = {"sort_title"} if says_something(after.sort_title) and "title" in spoken else set()
    for field in set(METADATA_FIELDS) - spoken - locked - {"title"} - made:
        assert not says_something(getattr(after, field))
    assert says_something(after.title) or not says_something(current.title)


def test_the_source_with_the_lower_number_wins_and_one_without_a_number_comes_last():
    changes = merge(
        MovieMetadata(title="Old", sort_title="Given"),
        frozenset(),
        [said("omdb", None, plot="Third"), said("tmdb", 2, title="New", plot="Second"), said("nfo", 1, plot="First")],
    )
    assert [(change.field, change.old, change.new, change.source) for change in changes] == [
        ("title", "Old", "New", "tmdb"),
        ("plot", None, "First", "nfo"),
    ]


def test_a_sort_title_that_nobody_gave_follows_the_title():
    made = MovieMetadata(title="mist", sort_title="mist")
    arriving = [said("tmdb", 1, title="The Mist")]
    assert applied(made, merge(made, frozenset(), arriving)) == MovieMetadata(title="The Mist", sort_title="Mist, The")
    assert applied(made, merge_anew(made, frozenset(), arriving)).sort_title == "Mist, The"
    assert applied(made, merge(made, frozenset({"sort_title"}), arriving)).sort_title == "mist"


def test_a_sort_title_that_somebody_gave_stays_when_the_title_changes():
    given = MovieMetadata(title="mist", sort_title="1 mist")
    assert applied(given, merge(given, frozenset(), [said("tmdb", 1, title="The Mist")])).sort_title == "1 mist"
    nfo = said("nfo", 2, sort_title="mist")
    made = MovieMetadata(title="mist", sort_title="mist")
    assert applied(made, merge(made, frozenset(), [said("tmdb", 1, title="The Mist"), nfo])).sort_title == "mist"


def test_ratings_come_from_their_issuer_and_from_an_nfo_only_while_the_issuer_is_silent():
    nfo = said("nfo", 0, tmdb_rating=1.0, imdb_rating=2.0, imdb_votes=9)
    with_issuer = applied(
        MovieMetadata(), merge(MovieMetadata(), frozenset(), [nfo, said("tmdb", 1, tmdb_rating=7.606, imdb_rating=3.0)])
    )
    assert (with_issuer.tmdb_rating, with_issuer.imdb_rating, with_issuer.imdb_votes) == (7.61, 2.0, 9)


def test_an_nfo_fills_a_missing_id_and_never_moves_a_film_to_another_one():
    nfo = said("nfo", 0, tmdb_id=7, imdb_id="tt7")
    assert applied(MovieMetadata(), merge(MovieMetadata(), frozenset(), [nfo])).tmdb_id == 7
    assert merge(MovieMetadata(tmdb_id=5, imdb_id="tt5"), frozenset(), [nfo]) == ()


def test_tmdb_corrects_a_wrong_imdb_id():
    changes = merge(MovieMetadata(imdb_id="tt0"), frozenset(), [said("tmdb", 1, imdb_id="tt1")])
    assert [(change.field, change.new) for change in changes] == [("imdb_id", "tt1")]


def test_names_that_differ_only_in_case_and_order_are_no_change():
    current = MovieMetadata(genres=("Drama", "Sci-Fi"), studios=("A24",))
    assert merge(current, frozenset(), [said("tmdb", 1, genres=("sci-fi", "Drama", "drama"), studios=("a24",))]) == ()


def test_a_cast_from_an_nfo_learns_ids_and_portraits_from_tmdb_and_keeps_its_own_roles():
    local = (ActorCredit(name="Amy Adams", role="Louise"), ActorCredit(name="A Friend", role="Extra"))
    known = (ActorCredit(name="amy adams", role="Dr. Banks", tmdb_id=9273, thumb_url="https://img/amy.jpg"),)
    changes = merge(MovieMetadata(), frozenset(), [said("nfo", 0, actors=local), said("tmdb", 1, actors=known)])
    assert changes[0].new == (
        ActorCredit(name="Amy Adams", role="Louise", tmdb_id=9273, thumb_url="https://img/amy.jpg"),
        ActorCredit(name="A Friend", role="Extra", sort_order=1),
    )


def test_somebody_with_two_roles_is_one_actor_with_both():
    cast = (
        ActorCredit(name="Eva", role="Twin A", tmdb_id=1),
        ActorCredit(name="Bo", role="Cop", tmdb_id=2),
        ActorCredit(name="Eva", role="Twin B", tmdb_id=1),
    )
    merged = applied(MovieMetadata(), merge(MovieMetadata(), frozenset(), [said("tmdb", 1, actors=cast)]))
    assert [(actor.name, actor.role, actor.sort_order) for actor in merged.actors or ()] == [
        ("Eva", "Twin A / Twin B", 0),
        ("Bo", "Cop", 1),
    ]


def test_an_id_that_arrives_for_a_known_name_is_a_change():
    current = MovieMetadata(crew=(CrewCredit(name="Jo", role="director"),), collection=CollectionRef(name="Set"))
    arriving = said(
        "tmdb",
        1,
        crew=(CrewCredit(name="Jo", role="director", tmdb_id=4),),
        collection=CollectionRef(name="Set", tmdb_collection_id=8),
    )
    assert [change.field for change in merge(current, frozenset(), [arriving])] == ["crew", "collection"]
    assert merge(applied(current, merge(current, frozenset(), [arriving])), frozenset(), [arriving]) == ()


def test_every_list_field_can_be_compared_after_storing():
    assert set(LIST_FIELDS) == {"genres", "studios", "actors", "crew", "collection"}
