"""Completeness: what counts, and that a lock satisfies."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from metarr.domain.completeness import EXPECTED, completeness
from metarr.domain.movie import ASSET_SLOTS, LOCKABLE, ActorCredit, MovieMetadata

FULL = MovieMetadata(
    title="Arrival",
    plot="Aliens come.",
    tagline="Why are they here?",
    release_date=date(2016, 11, 10),
    runtime=116,
    content_rating="PG-13",
    tmdb_rating=7.6,
    genres=("Drama",),
    actors=(ActorCredit(name="Amy Adams"),),
)


def test_a_film_with_everything_expected_is_complete():
    assert completeness(FULL, {"poster", "fanart"}, frozenset()).percent == 100


def test_what_is_missing_is_named():
    found = completeness(MovieMetadata(title="Arrival", year=2016), {"poster"}, frozenset())
    assert found.percent == 27
    assert found.missing == ("plot", "tagline", "runtime", "content_rating", "rating", "genres", "actors", "fanart")


@given(st.frozensets(st.sampled_from(LOCKABLE)), st.frozensets(st.sampled_from(ASSET_SLOTS)))
def test_a_locked_field_counts_as_there(locks, slots):
    missing = completeness(MovieMetadata(), slots, locks).missing
    assert not any(field in locks for thing in missing for field in EXPECTED[thing])
