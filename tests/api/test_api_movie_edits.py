"""A person's edit: value, lock, history and publish job are one transaction, and nothing is ever half done."""

import asyncio
from typing import Any

import httpx
import msgspec
import pytest

from metarr.db import Connection, Database
from metarr.db.queries.movie_detail import MovieLocks
from metarr.db.queries.movies import load_movie
from metarr.domain.locks import lock_column
from metarr.domain.movie import LOCKABLE, METADATA_FIELDS
from metarr_api.edits import MovieEdit
from support.rows import insert, insert_movie, insert_movie_with_everything
from support.waiting import eventually

VALUES: dict[str, Any] = {
    "title": "Heat",
    "original_title": "Heat!",
    "sort_title": "Heat 1",
    "tagline": "A Los Angeles crime saga",
    "plot": "A thief and a detective.",
    "outline": "A thief.",
    "runtime": 170,
    "year": 1995,
    "release_date": "1995-12-15",
    "content_rating": "R",
    "tmdb_id": 949,
    "imdb_id": "tt0113277",
    "tmdb_rating": 7.91,
    "tmdb_votes": 7000,
    "imdb_rating": 8.3,
    "imdb_votes": 700_000,
    "genres": ["Action", "Crime"],
    "studios": ["Regency"],
    "actors": [{"name": "Al Pacino", "role": "Hanna"}, {"name": "Robert De Niro", "role": "McCauley", "tmdb_id": 380}],
    "crew": [{"name": "Michael Mann", "role": "director"}, {"name": "Michael Mann", "role": "writer"}],
    "collection": {"name": "Crime Sagas", "tmdb_collection_id": 5},
}


@pytest.fixture
async def movie(db: Database) -> int:
    async with db.transaction() as conn:
        library = await insert(conn, "libraries", name="Films", path="/films", type="movie")
        return await insert_movie(conn, library, title="heat.1995.mkv")


async def edited(api: httpx.AsyncClient, movie: int, **fields: Any) -> dict[str, Any]:
    answer = await api.patch(f"/api/v1/movies/{movie}", json=fields)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def jobs(api: httpx.AsyncClient) -> list[tuple[str, int]]:
    return [(job["kind"], job["priority"]) for job in (await api.get("/api/v1/jobs")).json()["items"]]


async def history(api: httpx.AsyncClient, movie: int) -> list[dict[str, Any]]:
    return list((await api.get(f"/api/v1/movies/{movie}/history")).json()["items"])


def value_of(row: dict[str, Any], field: str) -> Any:
    """A field of the answer in the form in which it was sent."""
    sent = VALUES[field]
    if field == "collection":
        return {name: row["collections"][0][name] for name in sent}
    if field in ("actors", "crew"):
        return [{name: person[name] for name in given} for person, given in zip(row[field], sent, strict=True)]
    return row[field]


def test_every_lockable_field_can_be_edited_locked_and_seen() -> None:
    assert set(MovieLocks.__struct_fields__) == {lock_column(field) for field in LOCKABLE}
    assert set(MovieEdit.__struct_fields__) == {*METADATA_FIELDS, *(lock_column(field) for field in LOCKABLE)}
    assert set(VALUES) == set(METADATA_FIELDS)


@pytest.mark.parametrize("field", METADATA_FIELDS)
async def test_a_changed_field_is_stored_locked_and_told(
    api: httpx.AsyncClient, db: Database, movie: int, field: str
) -> None:
    row = await edited(api, movie, **{field: VALUES[field]})
    assert value_of(row, field) == VALUES[field]
    assert (row["locks"], row[f"{field}_locked"]) == ([field], True)
    # A sort title that nobody gave follows the title.
    entries = {entry["field"]: entry for entry in await history(api, movie)}
    assert set(entries) == ({"title", "sort_title"} if field == "title" else {field})
    assert {(entry["source"], entry["job_id"]) for entry in entries.values()} == {("user", None)}
    assert ("PublishItem", 2) in await jobs(api)
    async with db.read() as conn:
        told = await conn.fetchval("SELECT payload FROM event_outbox ORDER BY id LIMIT 1")
    assert (told["fact"], told["entity_id"], told["fields"]) == ("ItemEdited", movie, [field])


async def test_null_clears_a_field_and_keeps_it_so(api: httpx.AsyncClient, movie: int) -> None:
    clearable = [field for field in METADATA_FIELDS if field != "title"]
    await edited(api, movie, **VALUES, **{lock_column(field): False for field in METADATA_FIELDS})
    row = await edited(api, movie, **dict.fromkeys(clearable))
    shown = {field: row["collections" if field == "collection" else field] or None for field in clearable}
    assert (shown, row["locks"]) == (dict.fromkeys(clearable), clearable)


async def test_all_fields_at_once_are_one_job_and_one_fact(api: httpx.AsyncClient, db: Database, movie: int) -> None:
    row = await edited(api, movie, **VALUES)
    assert set(row["locks"]) == set(METADATA_FIELDS)
    async with db.read() as conn:
        facts = [told["fact"] for (told,) in await conn.fetch("SELECT payload FROM event_outbox ORDER BY id")]
    assert facts == ["ItemEdited", "ItemPinned"]
    assert sorted(await jobs(api)) == [("EnrichItem", 2), ("PublishItem", 2)]


async def test_what_does_not_change_is_not_locked_and_has_no_effect(api: httpx.AsyncClient, movie: int) -> None:
    await edited(api, movie, **VALUES)
    await edited(api, movie, **{lock_column(field): False for field in METADATA_FIELDS})
    before = await history(api, movie)
    row = await edited(api, movie, **VALUES)
    assert (row["locks"], await history(api, movie)) == ([], before)


async def test_unlocking_lets_automation_fill_again(api: httpx.AsyncClient, db: Database, movie: int) -> None:
    await edited(api, movie, plot="Mine.")
    async with db.transaction() as conn:
        await conn.execute("UPDATE job_queue SET status = 'completed', completed_at = now()")
    row = await edited(api, movie, plot_locked=False)
    pending = (await api.get("/api/v1/jobs?status=pending")).json()["items"]
    assert (row["plot"], row["locks"], {job["kind"] for job in pending}) == (
        "Mine.",
        [],
        {"EnrichItem", "PublishItem"},
    )


async def test_a_lock_alone_can_be_set_and_taken_away(api: httpx.AsyncClient, movie: int) -> None:
    for field in LOCKABLE:
        locked = await edited(api, movie, **{lock_column(field): True})
        opened = await edited(api, movie, **{lock_column(field): False})
        assert (locked["locks"], opened["locks"]) == ([field], [])
    assert await history(api, movie) == []


async def test_a_sort_title_that_was_made_from_the_title_follows_an_edit_of_it(
    api: httpx.AsyncClient, movie: int
) -> None:
    await api.patch(f"/api/v1/movies/{movie}", json={"title": "The Long Road", "title_locked": False})
    edited = (await api.patch(f"/api/v1/movies/{movie}", json={"title": "A Short Road"})).json()
    assert (edited["sort_title"], edited["locks"]) == ("Short Road, A", ["title"])


async def test_what_is_said_about_a_lock_wins_over_the_lock_of_an_edit(api: httpx.AsyncClient, movie: int) -> None:
    assert (await edited(api, movie, plot="Theirs.", plot_locked=False))["locks"] == []


async def test_texts_lose_their_outer_space_and_a_blank_one_is_none(api: httpx.AsyncClient, movie: int) -> None:
    row = await edited(api, movie, title="  Heat  ", plot=" \n ", genres=[" Crime", "crime", "Drama "])
    assert (row["title"], row["plot"], row["genres"]) == ("Heat", None, ["Crime", "Drama"])


BAD = {
    "title": [None, "", " ", 5, "x" * 501, "a\x00b", "a\x1bb"],
    "plot": [5, "x" * 20_001, ["a"]],
    "runtime": [-1, "90", 1.5, 2**40],
    "year": [0, 1869, 2101, "1995", 10**30],
    "release_date": ["15.12.1995", "1995-13-01", 1995, ""],
    "tmdb_id": [0, -5, 2**31, "949"],
    "imdb_id": ["113277", "tt1", "nm0000199", "tt0113277x"],
    "tmdb_rating": [-0.1, 10.1, "8"],
    "imdb_votes": [-1, 2**31],
    "genres": ["Crime", [""], [5], [None], ["x"] * 101],
    "actors": ["Al Pacino", [{"role": "Hanna"}], [{"name": "A", "age": 5}], [{"name": "A", "imdb_id": "tt0113277"}]],
    "crew": [[{"name": "A"}], [{"name": "A", "role": "gaffer"}]],
    "collection": ["Sagas", {}, {"name": ""}],
    "title_locked": [None, "yes", 1],
    "poster": [1],
    "id": [7],
    "file_path": ["/x"],
    "locks": [[]],
}


@pytest.mark.parametrize("field", BAD)
async def test_a_bad_value_is_named_and_nothing_of_the_edit_happens(
    api: httpx.AsyncClient, movie: int, field: str
) -> None:
    for value in BAD[field]:
        answer = await api.patch(f"/api/v1/movies/{movie}", json={field: value, "outline": "Good."})
        assert answer.status_code == 400, value
        named = [error["field"].partition("[")[0].partition(".")[0] for error in answer.json()["errors"]]
        assert named == [field], value
    assert (await api.get(f"/api/v1/movies/{movie}")).json()["outline"] is None


async def test_an_edit_waits_for_an_enrichment_that_writes_and_wins(
    api: httpx.AsyncClient, db: Database, movie: int
) -> None:
    """The row is held from the reading of its locks to the commit, on both sides."""
    async with db.transaction() as conn:
        await load_movie(conn, movie, for_update=True)
        edit = asyncio.create_task(edited(api, movie, plot="Mine."))
        await _waits_for_a_lock(db)
        await conn.execute("UPDATE movies SET plot = 'From a provider.' WHERE id = $1", movie)
    row = await edit
    (entry,) = await history(api, movie)
    assert (row["plot"], row["locks"], entry["old_value"]) == ("Mine.", ["plot"], "From a provider.")


async def test_two_edits_at_once_both_count(api: httpx.AsyncClient, movie: int) -> None:
    fields = [field for field in METADATA_FIELDS if field not in ("tmdb_id", "imdb_id")]
    await asyncio.gather(*(edited(api, movie, **{field: VALUES[field]}) for field in fields))
    row = (await api.get(f"/api/v1/movies/{movie}")).json()
    assert set(row["locks"]) == set(fields)


async def test_a_film_goes_to_the_trash_and_comes_back(api: httpx.AsyncClient, db: Database, movie: int) -> None:
    address = f"/api/v1/movies/{movie}"
    assert (await api.post(f"{address}/restore")).status_code == 409
    assert (await api.delete(address)).status_code == 204
    assert (await api.delete(address)).status_code == 409
    gone = (await api.get(address)).json()
    listed = (await api.get("/api/v1/movies")).json()["total"]
    assert (gone["deleted_at"] is not None, listed) == (True, 0)
    back = await api.post(f"{address}/restore")
    assert (back.status_code, back.json()["deleted_at"]) == (200, None)
    async with db.read() as conn:
        facts = [told["fact"] for (told,) in await conn.fetch("SELECT payload FROM event_outbox ORDER BY id")]
    assert (facts, await jobs(api)) == (["ItemDeleted", "ItemRestored"], [("PublishItem", 2)])


async def test_the_whole_of_a_film_shows_all_that_is_known(api: httpx.AsyncClient, db: Database) -> None:
    async with db.transaction() as conn:
        library = await insert(conn, "libraries", name="Films", path="/films", type="movie")
        number = await insert_movie_with_everything(conn, library, 3, title="Heat", year=1995)
        await conn.execute("UPDATE problems SET message = 'two films are called so' WHERE entity_id = $1", number)
    await edited(api, number, genres=["Crime"], actors=VALUES["actors"], plot="A plot.")
    row = (await api.get(f"/api/v1/movies/{number}")).json()
    (poster,) = row["assets"]
    assert (poster["asset_type"], poster["url"]) == ("poster", f"/api/v1/assets/{3:064x}")
    assert [len(row["streams"][kind]) for kind in ("video", "audio", "subtitles")] == [1, 1, 1]
    assert row["problems"][0]["message"] == "two films are called so"
    assert row["origins"]["plot"]["source"] == "user"
    assert "fanart" in row["completeness"]["missing"]
    assert "plot" not in row["completeness"]["missing"]
    assert row["library_name"] == "Films"


async def test_history_comes_in_pages_the_newest_first(api: httpx.AsyncClient, movie: int) -> None:
    for number in range(5):
        await edited(api, movie, tagline=f"{number}")
    address = f"/api/v1/movies/{movie}/history"
    first = (await api.get(address, params={"limit": 3})).json()
    second = (await api.get(address, params={"limit": 3, "cursor": first["next_cursor"]})).json()
    values = [(entry["old_value"], entry["new_value"]) for entry in first["items"] + second["items"]]
    assert values == [("3", "4"), ("2", "3"), ("1", "2"), ("0", "1"), (None, "0")]
    assert (first["total"], second["next_cursor"]) == (5, None)


async def test_files_that_fit_no_kind_are_listed(api: httpx.AsyncClient, db: Database, movie: int) -> None:
    async with db.transaction() as conn:
        for number, kind in enumerate(["unknown", "video", "unknown"]):
            await _add_file(conn, movie, f"/films/{number}", kind)
    page = (await api.get(f"/api/v1/movies/{movie}/unknown-files")).json()
    assert ([file["path"] for file in page["items"]], page["total"]) == (["/films/0", "/films/2"], 2)


async def _add_file(conn: Connection, movie: int, path: str, kind: str) -> None:
    library = await conn.fetchval("SELECT library_id FROM movies WHERE id = $1", movie)
    await insert(conn, "local_files", library_id=library, entity_type="movie", entity_id=movie, path=path, kind=kind)


async def _waits_for_a_lock(db: Database) -> None:
    async def look() -> int:
        async with db.read() as conn:
            return int(await conn.fetchval("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"))

    await eventually(look, what="the edit waits for the row")


def test_an_edit_that_names_nothing_is_an_edit() -> None:
    assert msgspec.convert({}, MovieEdit).title is msgspec.UNSET
