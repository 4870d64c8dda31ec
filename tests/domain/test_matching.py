"""Matching: what is taken, what waits for a person, and that every score explains itself."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metarr.domain.matching import Candidate, Verdict, Wanted, choose, likeness, score

titles = st.sampled_from(
    ["Arrival", "The Arrival", "Arrival II", "Arrival 2", "1917", "Amélie", "Amelie", "Se7en", "", "!!", "君の名は。"]
)
years = st.none() | st.integers(2014, 2018)
wanted = st.builds(
    Wanted, title=titles, original_title=st.none() | titles, year=years, runtime=st.none() | st.integers(60, 200)
)
candidates = st.lists(
    st.builds(
        Candidate,
        provider=st.just("tmdb"),
        title=titles,
        original_title=st.none() | titles,
        alternative_titles=st.lists(titles, max_size=2).map(tuple),
        year=years,
        runtime=st.none() | st.integers(60, 200),
        popularity=st.floats(0, 100),
        tmdb_id=st.integers(1, 10_000),
    ),
    max_size=5,
    unique_by=lambda candidate: candidate.tmdb_id,
)


def film(title: str, year: int | None = None, tmdb_id: int = 1, **more: object) -> Candidate:
    return Candidate(provider="tmdb", title=title, year=year, tmdb_id=tmdb_id, **more)


def decide(title: str, year: int | None, *offered: Candidate, runtime: int | None = None) -> Verdict:
    sought = Wanted(title=title, year=year, runtime=runtime)
    return choose(sought, offered, min_confidence=0.85, min_margin=0.05)


@given(wanted, candidates)
def test_a_score_lies_between_0_and_1_and_is_the_sum_of_its_parts(sought, offered):
    for candidate in offered:
        match = score(sought, candidate)
        assert 0.0 <= match.score <= 1.0
        assert match.score == pytest.approx(max(0.0, sum(part.points for part in match.parts)), abs=1e-3)
        assert all(part.why for part in match.parts)


@given(wanted, candidates, st.randoms(use_true_random=False))
def test_the_order_of_the_candidates_does_not_matter(sought, offered, random):
    shuffled = list(offered)
    random.shuffle(shuffled)
    rules = {"min_confidence": 0.85, "min_margin": 0.05}
    assert choose(sought, shuffled, **rules) == choose(sought, offered, **rules)


@given(titles, titles)
def test_likeness_is_symmetric(one, other):
    assert likeness(one, other) == likeness(other, one)


@given(wanted, candidates, st.integers(20_000, 30_000))
def test_two_films_of_the_same_title_and_year_are_never_guessed_between(sought, offered, popularity):
    twins = [
        film("Arrival", 2016, 30_001, popularity=popularity),
        film("Arrival", 2016, 30_002, runtime=sought.runtime),
    ]
    verdict = decide("Arrival", 2016, *offered, *twins)
    assert verdict.accepted is None
    assert "only a person can tell" in verdict.reason


@given(candidates)
def test_popularity_never_decides(offered):
    verdict = decide("Arrival", 2016, *offered)
    popular = [Candidate(**{f: getattr(c, f) for f in c.__struct_fields__} | {"popularity": 0.0}) for c in offered]
    again = decide("Arrival", 2016, *popular)
    assert (verdict.accepted is None) == (again.accepted is None)


def test_an_equal_title_and_year_is_taken_before_anything_that_only_looks_like_it():
    verdict = decide("Arrival", 2016, film("The Arrival", 2016, 2), film("Arrival", 2016, 1), film("Arrivals", 2016, 3))
    assert verdict.accepted is not None
    assert verdict.accepted.candidate.tmdb_id == 1
    assert verdict.accepted.score == 1.0
    assert verdict.reason == "the only film with this title and year"


def test_a_year_that_is_off_by_one_is_still_taken_when_nothing_else_fits():
    verdict = decide("Arrival", 2017, film("Arrival", 2016), film("Arrival", 1983, 2))
    assert verdict.accepted is not None
    assert verdict.accepted.score == 0.9


def test_a_title_that_is_a_number_is_matched_like_any_other():
    verdict = decide("1917", 2019, film("1917", 2019), film("1917", 1970, 2), film("1918", 2019, 3))
    assert verdict.accepted is not None
    assert verdict.accepted.candidate.year == 2019


def test_without_a_year_two_films_of_one_title_wait():
    assert decide("Dune", None, film("Dune", 1984), film("Dune", 2021, 2)).accepted is None
    assert decide("Dune", None, film("Dune", 1984)).accepted is not None


@pytest.mark.parametrize(
    ("sought", "offered"),
    [
        ("Rocky II", "Rocky"),
        ("Rocky 2", "Rocky III"),
        ("Alien", "Aliens vs. Predator 2"),
        ("Paranormal Activity", "Paranormal Activity 2"),
    ],
)
def test_another_part_of_a_series_is_not_the_film(sought, offered):
    assert decide(sought, 2010, film(offered, 2010)).accepted is None


@pytest.mark.parametrize(
    ("sought", "offered"),
    [
        ("Rocky II", "Rocky 2"),
        ("Amelie", "Amélie"),
        ("Matrix", "The Matrix"),
        ("Leon The Professional", "Léon: The Professional"),
        ("Dr Strangelove", "Dr. Strangelove or: How I Learned to Stop Worrying and Love the Bomb"),
    ],
)
def test_another_way_of_writing_a_title_is_the_same_film_when_the_year_agrees(sought, offered):
    assert decide(sought, 1979, film(offered, 1979)).accepted is not None


def test_original_and_alternative_titles_count():
    assert (
        decide("Kimi no Na wa", 2016, film("Your Name.", 2016, alternative_titles=("Kimi no na wa.",))).accepted
        is not None
    )
    assert decide("君の名は。", 2016, film("Your Name.", 2016, original_title="君の名は。")).accepted is not None


def test_something_else_is_refused_and_the_reason_names_the_best():
    verdict = decide("Home Video", 2020, film("Home Alone", 1990))
    assert verdict.accepted is None
    assert "“Home Alone” (1990)" in verdict.reason
    assert decide("Home Video", 2020).reason == "no film was found under the name “Home Video” (2020)"


def test_a_runtime_that_is_far_off_lowers_the_score_and_says_so():
    near = score(Wanted(title="Arrival", year=2017, runtime=116), film("Arrival", 2016, runtime=118))
    far = score(Wanted(title="Arrival", year=2017, runtime=20), film("Arrival", 2016, runtime=118))
    assert near.score == 0.92
    assert far.score == 0.8
    assert far.parts[-1].why == "118 min, the file has 20 min"
