"""Locks: an edit locks, a person unlocks, nothing else does either."""

from hypothesis import given
from hypothesis import strategies as st

from metarr.domain.locks import lock_column, locked_field, locks_after_edit, locks_in
from metarr.domain.movie import LOCKABLE

fields = st.frozensets(st.sampled_from(LOCKABLE))


@given(fields, fields)
def test_an_edit_locks_what_it_changes_and_opens_nothing(locks, edited):
    assert locks_after_edit(locks, edited) == locks | edited


@given(fields, fields, st.dictionaries(st.sampled_from(LOCKABLE), st.booleans()))
def test_what_a_person_says_about_a_lock_wins_over_the_edit(locks, edited, explicit):
    after = locks_after_edit(locks, edited, explicit)
    assert all((field in after) == locked for field, locked in explicit.items())


@given(st.sampled_from(LOCKABLE))
def test_every_lockable_field_has_a_column_of_its_own(field):
    assert locked_field(lock_column(field)) == field
    assert locks_in({lock_column(field): True}) == {field}


def test_other_names_are_not_lock_columns():
    assert [locked_field(name) for name in ("title", "file_path_locked", "_locked")] == [None, None, None]


def test_a_field_that_cannot_be_locked_stays_unlocked():
    assert locks_after_edit(frozenset(), ["file_path"]) == frozenset()
