"""A provider that a person has paused is asked nothing, and nothing is decided without it."""

import pytest

from metarr import queue
from metarr.errors import Conflict, Hold
from metarr.messages.facts import ItemEnriched
from metarr.messages.jobs import EnrichItem
from metarr.messages.requests import FindMatches
from support.film_documents import TMDB_ID, found, results
from support.provider_stand_in import said

HELD = "SELECT status, held_by, retry_count FROM job_queue WHERE kind = 'EnrichItem'"


def enrich(film: int) -> EnrichItem:
    return EnrichItem(entity_type="movie", entity_id=film)


async def pause(db, name: str) -> None:
    async with db.transaction() as conn:
        await queue.pause(conn, f"provider:{name}", "the key is changed")


@pytest.mark.parametrize("name", ["tmdb", "fanart_tv"])
async def test_a_job_that_would_ask_a_paused_provider_waits_and_asks_nobody(
    name, handlers, run_job, add_film, provider, read_film, rows, db
):
    film = await add_film(tmdb_id=TMDB_ID)
    before = await read_film(film)
    await pause(db, name)
    with pytest.raises(Hold, match=name):
        await run_job(handlers, enrich(film))
    assert await rows(HELD) == [("pending", f"provider:{name}", 0)]
    assert provider.asked == []
    assert await read_film(film) == before


async def test_the_job_goes_on_when_the_provider_is_resumed(handlers, run_job, add_film, db, rows, provider):
    film = await add_film(tmdb_id=TMDB_ID)
    await pause(db, "tmdb")
    with pytest.raises(Hold):
        await run_job(handlers, enrich(film))
    async with db.transaction() as conn:
        assert await queue.resume(conn, "provider:tmdb") == {"enricher"}
    assert isinstance(await run_job(handlers, enrich(film)), ItemEnriched)
    assert await rows(HELD) == [("completed", None, 0)]


@pytest.mark.parametrize("name", ["omdb", "tvdb"])
async def test_a_paused_provider_that_would_not_be_asked_holds_nobody(name, handlers, run_job, add_film, db):
    film = await add_film(tmdb_id=TMDB_ID)
    await pause(db, name)
    assert isinstance(await run_job(handlers, enrich(film)), ItemEnriched)


async def test_a_provider_that_is_switched_off_holds_nobody(handlers, run_job, add_film, db):
    film = await add_film(tmdb_id=TMDB_ID)
    await pause(db, "fanart_tv")
    async with db.transaction() as conn:
        await conn.execute("UPDATE provider_config SET enabled = false WHERE provider_name = 'fanart_tv'")
    fact = await run_job(handlers, enrich(film))
    assert fact.sources == ("tmdb",)


async def test_a_question_for_candidates_is_refused_with_the_reason(handlers, add_film, provider, db):
    provider.answer("/tmdb/search/movie", said(results(found(9, "Harbour", "2011-01-01"))))
    film = FindMatches(entity_type="movie", entity_id=await add_film(year=2011))
    await pause(db, "tmdb")
    with pytest.raises(Conflict, match="TMDB is paused: the key is changed; resume it"):
        await handlers.find_matches(film)
    assert provider.asked == []


async def test_candidates_are_found_while_another_provider_is_paused(handlers, add_film, provider, db):
    provider.answer("/tmdb/search/movie", said(results(found(9, "Harbour", "2011-01-01"))))
    await pause(db, "fanart_tv")
    answer = await handlers.find_matches(FindMatches(entity_type="movie", entity_id=await add_film(year=2011)))
    assert [shown.tmdb_id for shown in answer.candidates] == [9]
