"""What a person lets be done with a film."""

import httpx
import pytest

from metarr.db import Database
from metarr.db.queries.problems import set_problem
from metarr.messages.requests import FindMatches, MatchesFound, MatchShown, ScorePart
from support.answering import answering, same
from support.rows import insert, insert_movie

FOUND = MatchesFound(
    candidates=(
        MatchShown(
            provider="tmdb",
            title="Heat",
            year=1995,
            tmdb_id=949,
            score=0.97,
            parts=(ScorePart(name="title", points=0.6, why="the titles are equal"),),
        ),
    ),
    accepted=0,
    reason="one film fits",
)


@pytest.fixture
async def movie(db: Database) -> int:
    async with db.transaction() as conn:
        library = await insert(conn, "libraries", name="Films", path="/films", type="movie")
        number = await insert_movie(conn, library, title="Heat")
        await set_problem(conn, "movie", number, "identify", "which Heat?")
    return number


async def test_saying_which_film_it_is_stores_locks_and_asks_anew(api: httpx.AsyncClient, movie: int) -> None:
    answer = await api.post(f"/api/v1/movies/{movie}/identify", json={"tmdb_id": 949})
    row = (await api.get(f"/api/v1/movies/{movie}")).json()
    job = (await api.get(f"/api/v1/jobs/{answer.json()['job_id']}")).json()
    assert (answer.status_code, job["kind"], job["priority"]) == (202, "EnrichItem", 2)
    assert (row["tmdb_id"], row["locks"], row["identification_status"]) == (949, ["tmdb_id"], "identified")
    assert row["problems"] == []
    assert row["origins"]["tmdb_id"]["source"] == "user"


async def test_another_film_drops_the_ids_of_the_one_before(api: httpx.AsyncClient, movie: int) -> None:
    both = {"tmdb_id": 949, "imdb_id": "tt0113277"}
    await api.post(f"/api/v1/movies/{movie}/identify", json=both)
    row = (await api.get(f"/api/v1/movies/{movie}")).json()
    assert (row["tmdb_id"], row["imdb_id"], sorted(row["locks"])) == (949, "tt0113277", ["imdb_id", "tmdb_id"])
    await api.post(f"/api/v1/movies/{movie}/identify", json={"imdb_id": "tt0093773"})
    row = (await api.get(f"/api/v1/movies/{movie}")).json()
    assert (row["tmdb_id"], row["imdb_id"], row["locks"]) == (None, "tt0093773", ["imdb_id"])


async def test_the_same_film_said_again_keeps_its_other_id(api: httpx.AsyncClient, movie: int) -> None:
    await api.patch(f"/api/v1/movies/{movie}", json={"imdb_id": "tt0113277", "imdb_id_locked": False})
    await api.post(f"/api/v1/movies/{movie}/identify", json={"tmdb_id": 949})
    row = (await api.get(f"/api/v1/movies/{movie}")).json()
    assert (row["tmdb_id"], row["imdb_id"], row["locks"]) == (949, "tt0113277", ["tmdb_id"])


async def test_which_film_it_is_must_be_said_by_a_known_kind_of_id(api: httpx.AsyncClient, movie: int) -> None:
    for body in [{}, {"tmdb_id": None}, {"tmdb_id": "949"}, {"imdb_id": "949"}, {"tvdb_id": 5}]:
        assert (await api.post(f"/api/v1/movies/{movie}/identify", json=body)).status_code == 400


async def test_candidates_come_from_the_enricher_with_their_scores_explained(
    api: httpx.AsyncClient, movie: int, nats_url: str
) -> None:
    async with answering(nats_url, FindMatches, same(FOUND)) as asked:
        answer = await api.get(f"/api/v1/movies/{movie}/matches", params={"q": " Heat ", "year": 1995})
    assert answer.json()["candidates"][0]["parts"] == [{"name": "title", "points": 0.6, "why": "the titles are equal"}]
    assert [(one.entity_id, one.query, one.year) for one in asked] == [(movie, "Heat", 1995)]


async def test_without_an_enricher_the_search_says_so(api: httpx.AsyncClient, movie: int) -> None:
    answer = await api.get(f"/api/v1/movies/{movie}/matches")
    assert (answer.status_code, answer.json()["detail"]) == (503, "no enricher service is running")


async def test_work_is_put_in_the_line_at_a_persons_priority_once(api: httpx.AsyncClient, movie: int) -> None:
    for verb, kind, payload in [
        ("enrich", "EnrichItem", {"fresh": True}),
        ("publish", "PublishItem", {}),
        ("verify", "VerifyItem", {}),
    ]:
        first, second = [await api.post(f"/api/v1/movies/{movie}/{verb}") for _ in range(2)]
        job = (await api.get(f"/api/v1/jobs/{first.json()['job_id']}")).json()
        assert (first.status_code, first.json()) == (202, second.json())
        assert (job["kind"], job["priority"], job["trace_id"]) == (kind, 2, first.headers["x-request-id"])
        assert job["payload"] == {"entity_type": "movie", "entity_id": movie, **payload}


async def test_nothing_is_done_with_a_film_in_the_trash_or_an_unknown_one(api: httpx.AsyncClient, movie: int) -> None:
    for verb in ["enrich", "publish", "verify", "identify"]:
        await api.delete(f"/api/v1/movies/{movie}")
        statuses = [
            (await api.post(f"/api/v1/movies/{number}/{verb}", json={"tmdb_id": 1})).status_code
            for number in (movie, 999)
        ]
        assert statuses == [409, 404]
