"""A film keeps its row through renames, moves and upgrades."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from metarr.domain.identity import FoundFilm, Happened, IdSource, KnownFilm, change_of, match_films, settle_ids

HASH = "oshash:00000000000000aa"


def known(row_id: int, path: str, **fields: Any) -> KnownFilm:
    return KnownFilm(id=row_id, file_path=path, folder=path.rpartition("/")[0], **fields)


def found(path: str, size: int = 10, **fields: Any) -> FoundFilm:
    return FoundFilm(file_path=path, folder=path.rpartition("/")[0], file_size=size, **fields)


def row_of(film: FoundFilm, *rows: KnownFilm) -> tuple[int | None, str]:
    match = match_films([film], rows)[film.file_path]
    return (match.row.id if match.row else None, match.evidence)


def test_the_same_path_is_the_same_row_even_when_the_file_is_another() -> None:
    row = known(1, "/m/A/a.mkv", file_hash=HASH, file_size=10, tmdb_id=5)
    assert row_of(found("/m/A/a.mkv", 99, file_hash="oshash:bb", tmdb_id=6), row) == (1, "path")


def test_a_renamed_folder_keeps_the_row_by_the_file_itself() -> None:
    row = known(1, "/m/A/a.mkv", file_hash=HASH, file_size=10, file_gone=True)
    assert row_of(found("/m/B/a.mkv", 10, file_hash=HASH), row) == (1, "file")


def test_the_same_hash_with_another_size_is_another_file() -> None:
    row = known(1, "/m/A/a.mkv", file_hash=HASH, file_size=11, file_gone=True)
    assert row_of(found("/m/B/a.mkv", 10, file_hash=HASH), row) == (None, "none")


def test_a_second_copy_is_a_film_of_its_own_while_the_first_is_there() -> None:
    row = known(1, "/m/A/a.mkv", file_hash=HASH, file_size=10, tmdb_id=5)
    assert row_of(found("/m/B/a.mkv", 10, file_hash=HASH, tmdb_id=5), row) == (None, "none")


def test_an_upgrade_is_recognised_by_its_id() -> None:
    row = known(1, "/m/A (720p)/a.mkv", file_hash=HASH, file_size=10, tmdb_id=5, file_gone=True)
    assert row_of(found("/m/A (1080p)/b.mkv", 20, file_hash="oshash:bb", tmdb_id=5), row) == (1, "id")


def test_an_upgrade_without_any_id_is_recognised_by_its_own_folder() -> None:
    row = known(1, "/m/A/a.720p.mkv", file_hash=HASH, file_size=10, tmdb_id=5, file_gone=True)
    assert row_of(found("/m/A/a.1080p.mkv", 20, file_hash="oshash:bb"), row) == (1, "folder")


def test_a_folder_of_several_films_says_nothing_about_which_is_which() -> None:
    row = known(1, "/m/A/a.mkv", file_gone=True)
    assert row_of(found("/m/A/b.mkv", shared_folder=True), row) == (None, "none")


def test_another_film_in_the_same_folder_is_another_row() -> None:
    row = known(1, "/m/A/a.mkv", tmdb_id=5, file_gone=True)
    assert row_of(found("/m/A/b.mkv", tmdb_id=6), row) == (None, "none")


def test_a_row_outside_the_trash_goes_before_one_inside() -> None:
    rows = (
        known(1, "/m/A/a.mkv", tmdb_id=5, file_gone=True, trashed=True),
        known(2, "/m/B/b.mkv", tmdb_id=5, file_gone=True),
    )
    assert row_of(found("/m/C/c.mkv", tmdb_id=5), *rows) == (2, "id")


def test_the_stronger_evidence_of_another_film_takes_the_row_first() -> None:
    row = known(1, "/m/Z/z.mkv", file_hash=HASH, file_size=10, tmdb_id=5, file_gone=True)
    by_id, by_file = found("/m/A/a.mkv", 20, tmdb_id=5), found("/m/B/b.mkv", 10, file_hash=HASH)
    matches = match_films([by_id, by_file], [row])
    assert [match.evidence for match in matches.values()] == ["none", "file"]


PATHS = st.sampled_from([f"/m/{folder}/{name}.mkv" for folder in "ABC" for name in "ab"])
TRAITS = st.fixed_dictionaries(
    {"file_hash": st.sampled_from([None, HASH, "oshash:bb"]), "tmdb_id": st.sampled_from([None, 1, 2])}
)


@given(
    films=st.dictionaries(PATHS, TRAITS, max_size=6),
    rows=st.dictionaries(PATHS, st.tuples(TRAITS, st.booleans(), st.booleans()), max_size=6),
)
def test_no_row_is_given_twice_and_a_row_whose_file_is_there_never_leaves_it(
    films: dict[str, Any], rows: dict[str, Any]
) -> None:
    known_rows = [
        known(number, path, file_size=10, file_gone=gone, trashed=trashed, **traits)
        for number, (path, (traits, gone, trashed)) in enumerate(rows.items(), start=1)
    ]
    matches = match_films([found(path, **traits) for path, traits in films.items()], known_rows)
    given_rows = [match.row.id for match in matches.values() if match.row]
    assert set(matches) == set(films)
    assert len(given_rows) == len(set(given_rows))
    assert all(match.row.file_gone or match.row.file_path == path for path, match in matches.items() if match.row)


def test_the_change_with_the_longest_way_ahead_is_named() -> None:
    assert change_of(Happened(new_row=True, other_artwork=True)) == "new"
    assert change_of(Happened(other_file=True, other_artwork=True)) == "artwork"
    assert change_of(Happened(other_file=True, other_path=True)) == "file"
    assert change_of(Happened()) is None


def source(name: str, rank: int, **ids: str) -> IdSource:
    return IdSource(name=name, rank=rank, ids=ids)


def test_ids_of_the_folder_go_before_those_of_the_nfo() -> None:
    settled = settle_ids([source("movie.nfo", 2, tmdb="7", imdb="tt7"), source("the folder's name", 0, tmdb="5")])
    assert settled.ids == {"tmdb": "5"}
    assert settled.ignored == ("movie.nfo",)


def test_sources_that_agree_complete_each_other() -> None:
    settled = settle_ids([source("the folder's name", 0, tmdb="5"), source("movie.nfo", 2, tmdb="5", imdb="tt5")])
    assert (settled.ids, settled.ignored, settled.disputed) == ({"tmdb": "5", "imdb": "tt5"}, (), ())


def test_two_nfo_files_about_different_films_settle_nothing() -> None:
    settled = settle_ids([source("a.nfo", 2, tmdb="5"), source("b.nfo", 2, tmdb="6")])
    assert settled.ids == {}
    assert settled.disputed == ("tmdb",)


def test_a_name_with_an_id_settles_what_two_nfo_files_dispute() -> None:
    settled = settle_ids([source("a.nfo", 2, tmdb="5"), source("b.nfo", 2, tmdb="6"), source("folder", 0, tmdb="6")])
    assert (settled.ids, settled.ignored, settled.disputed) == ({"tmdb": "6"}, ("a.nfo",), ())
