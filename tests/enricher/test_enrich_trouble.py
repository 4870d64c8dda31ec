"""Providers on a bad day: what is waited for, what is stored without them, and that nothing known is ever blanked."""

from datetime import timedelta

import pytest

from metarr.errors import ProviderUnavailable, Retry, Snooze
from metarr.messages.facts import ItemEnriched, ItemUnmatched
from metarr.messages.jobs import EnrichItem
from support.film_documents import IMDB_ID, TMDB_ID, found, results
from support.provider_stand_in import CUT_OFF, HANGS, NOT_FOUND, half_json, html, rate_limited, said

TMDB, FANART = f"/tmdb/movie/{TMDB_ID}", f"/fanart/movies/{TMDB_ID}"
PROBLEMS = "SELECT area, message FROM problems ORDER BY area"
TROUBLE = {
    "401": said({"status_code": 7}, 401),
    "404": NOT_FOUND,
    "429": rate_limited("120"),
    "429 without Retry-After": rate_limited(),
    "500": html(500),
    "half a JSON": half_json(),
    "cut off": CUT_OFF,
    "html": html(),
    "nothing": HANGS,
}


def enrich(film: int) -> EnrichItem:
    return EnrichItem(entity_type="movie", entity_id=film, fresh=True)


@pytest.fixture
async def last_attempt(db):
    """Jobs are not tried again."""
    async with db.transaction() as conn:
        await conn.execute(
            "CREATE FUNCTION once() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.max_retries := 0; RETURN NEW; END $$"
        )
        await conn.execute("CREATE TRIGGER once BEFORE INSERT ON job_queue FOR EACH ROW EXECUTE FUNCTION once()")


@pytest.mark.parametrize("trouble", TROUBLE)
async def test_nothing_that_is_known_is_blanked_when_all_providers_fail(
    trouble, handlers, run_job, add_film, provider, read_film, rows, clock, last_attempt
):
    film = await add_film(tmdb_id=TMDB_ID)
    await run_job(handlers, enrich(film))
    before, candidates = await read_film(film), await rows("SELECT count(*) FROM asset_candidates")
    for path in (TMDB, FANART):
        provider.answer(path, TROUBLE[trouble])
    fact = await run_job(handlers, enrich(film))
    after = await read_film(film)
    assert (after.metadata, after.identification_status) == (before.metadata, "enriched")
    assert await rows("SELECT count(*) FROM asset_candidates") == candidates
    assert (fact.sources, fact.changed) == ((), ())
    assert {source for source, _ in fact.failed} <= {"tmdb", "fanart_tv"}
    ((area, message),) = await rows(PROBLEMS)
    assert area == "enrich"
    assert "TMDB" in message
    assert "s3cret" not in message + str(fact)


async def test_one_provider_that_fails_does_not_take_the_other_down(
    handlers, run_job, add_film, provider, read_film, rows
):
    provider.answer(FANART, html(500))
    film = await add_film(tmdb_id=TMDB_ID)
    fact = await run_job(handlers, enrich(film))
    assert fact.sources == ("tmdb",)
    assert fact.failed == (("fanart_tv", "fanart_tv: has trouble of its own (500)"),)
    assert (await read_film(film)).identification_status == "enriched"
    assert await rows(PROBLEMS) == [
        ("enrich", "fanart.tv: has trouble of its own (500); what was known before is kept.")
    ]


async def test_a_refused_key_is_told_and_waiting_does_not_help(handlers, run_job, add_film, provider, read_film, rows):
    provider.answer(TMDB, said({"status_code": 7}, 401))
    film = await add_film(tmdb_id=TMDB_ID)
    fact = await run_job(handlers, enrich(film))
    assert isinstance(fact, ItemEnriched)
    assert fact.sources == ("fanart_tv",)
    assert (await read_film(film)).identification_status == "identified"
    ((_, message),) = await rows(PROBLEMS)
    assert message.startswith("TMDB refuses the key")


async def test_an_id_that_tmdb_does_not_know_is_told(handlers, run_job, add_film, provider, read_film, rows):
    provider.answer(TMDB, NOT_FOUND)
    film = await add_film(tmdb_id=TMDB_ID, plot="Known.")
    fact = await run_job(handlers, enrich(film))
    assert ("tmdb", "knows no such film") in fact.failed
    assert (await read_film(film)).metadata.plot == "Known."
    assert await rows(PROBLEMS) == [
        ("enrich", f"TMDB knows no film with the id {TMDB_ID}; what was known before is kept.")
    ]


async def test_the_job_comes_back_when_the_providers_ask_to_wait(handlers, run_job, add_film, provider):
    provider.answer(TMDB, rate_limited("120"))
    provider.answer(FANART, rate_limited("300"))
    with pytest.raises(Retry) as retry:
        await run_job(handlers, enrich(await add_film(tmdb_id=TMDB_ID)))
    assert retry.value.after == timedelta(seconds=300)


async def test_the_job_comes_back_while_a_breaker_is_open(handlers, run_job, add_film, provider, clock):
    for path in (TMDB, FANART):
        provider.answer(path, html(503))
    endings = []
    for number in range(4):
        with pytest.raises((ProviderUnavailable, Snooze)) as ending:
            await run_job(handlers, enrich(await add_film(number, tmdb_id=TMDB_ID)))
        endings.append(ending.value)
    assert isinstance(endings[0], ProviderUnavailable)
    assert isinstance(endings[-1], Snooze)
    assert clock.now() < endings[-1].until <= clock.now() + timedelta(minutes=5)


async def test_a_search_that_fails_is_waited_for_and_in_the_end_told(
    handlers, run_job, add_film, provider, rows, last_attempt
):
    provider.answer("/tmdb/search/movie", html(500))
    fact = await run_job(handlers, enrich(await add_film(year=2011)))
    assert isinstance(fact, ItemUnmatched)
    ((area, message),) = await rows(PROBLEMS)
    assert area == "identify"
    assert message.startswith("It could not be looked for: tmdb: has trouble")


async def test_a_search_that_fails_at_first_brings_the_job_back(handlers, run_job, add_film, provider):
    provider.answer("/tmdb/search/movie", html(500))
    with pytest.raises(ProviderUnavailable):
        await run_job(handlers, enrich(await add_film(year=2011)))


async def test_an_imdb_id_that_nobody_knows_is_told(handlers, run_job, add_film, provider, rows, read_film):
    provider.answer(f"/tmdb/find/{IMDB_ID}", said({"movie_results": []}))
    film = await add_film(imdb_id=IMDB_ID)
    await run_job(handlers, enrich(film))
    assert (await read_film(film)).identification_status == "identified"
    assert await rows(PROBLEMS) == [("enrich", f"TMDB knows no film with the IMDb id {IMDB_ID}.")]


async def test_a_film_that_is_pinned_otherwise_meanwhile_is_asked_for_again(
    handlers, run_job, add_film, db, monkeypatch, read_film
):
    from metarr_enricher.asking import ask_all

    film = await add_film(tmdb_id=TMDB_ID)

    async def pinned_meanwhile(*given):
        async with db.transaction() as conn:
            await conn.execute("UPDATE movies SET tmdb_id = 7")
        return await ask_all(*given)

    monkeypatch.setattr("metarr_enricher.jobs.ask_all", pinned_meanwhile)
    with pytest.raises(Retry, match="identified otherwise"):
        await run_job(handlers, enrich(film))
    assert (await read_film(film)).metadata.plot is None


async def test_trouble_that_is_over_is_not_told_any_more(handlers, run_job, add_film, provider, rows):
    provider.answer(FANART, said({}, 401))
    film = await add_film(tmdb_id=TMDB_ID)
    await run_job(handlers, enrich(film))
    assert len(await rows(PROBLEMS)) == 1
    provider.answer(FANART, NOT_FOUND)
    await run_job(handlers, enrich(film))
    assert await rows(PROBLEMS) == []


async def test_a_wrong_answer_for_a_search_is_not_a_match(handlers, run_job, add_film, provider):
    provider.answer("/tmdb/search/movie", said(results(found(3, "Something Else", "2011-01-01"))))
    provider.answer("/tmdb/movie/3", NOT_FOUND)
    assert isinstance(await run_job(handlers, enrich(await add_film(year=2011))), ItemUnmatched)
