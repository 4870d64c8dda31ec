"""A film is enriched: what is asked, what is stored, what is left alone."""

import asyncio
from datetime import date

import pytest

from metarr.domain.movie import ASSET_SLOTS, METADATA_FIELDS, ActorCredit, CollectionRef, CrewCredit, MovieMetadata
from metarr.errors import Discard
from metarr.messages.facts import ItemEnriched, ItemUnmatched
from metarr.messages.jobs import EnrichItem
from metarr_enricher.storing import store
from support.film_documents import IMDB_ID, TMDB_ID, found, results, tmdb_film
from support.provider_stand_in import NOT_FOUND, said
from support.rows import insert

PROBLEMS = "SELECT area, message FROM problems ORDER BY area"
WRITTEN = """
SELECT string_agg(t.tableoid::regclass::text || t.x, ',' ORDER BY t.tableoid, t.x) FROM (
  SELECT tableoid, xmin::text AS x FROM movies UNION ALL SELECT tableoid, xmin::text FROM metadata_answers
  UNION ALL SELECT tableoid, xmin::text FROM field_history UNION ALL SELECT tableoid, xmin::text FROM asset_candidates
  UNION ALL SELECT tableoid, xmin::text FROM movie_actors UNION ALL SELECT tableoid, xmin::text FROM movie_crew
  UNION ALL SELECT tableoid, xmin::text FROM movie_genres UNION ALL SELECT tableoid, xmin::text FROM movie_studios
  UNION ALL SELECT tableoid, xmin::text FROM actors UNION ALL SELECT tableoid, xmin::text FROM crew
  UNION ALL SELECT tableoid, xmin::text FROM movie_collection_members) AS t
"""


def enrich(film: int, *, fresh: bool = False) -> EnrichItem:
    return EnrichItem(entity_type="movie", entity_id=film, fresh=fresh)


async def test_a_film_with_a_known_id_costs_one_call_to_each_provider(handlers, run_job, add_film, provider, read_film):
    film = await add_film(tmdb_id=TMDB_ID)
    fact = await run_job(handlers, enrich(film))
    assert sorted(provider.paths()) == [f"/fanart/movies/{TMDB_ID}", f"/tmdb/movie/{TMDB_ID}"]
    assert isinstance(fact, ItemEnriched)
    assert fact.sources == ("tmdb", "fanart_tv")
    row = await read_film(film)
    assert row.identification_status == "enriched"
    assert row.metadata == MovieMetadata(
        title="The Quiet Harbour",
        original_title="Der stille Hafen",
        tagline="The tide remembers.",
        plot="A pilot comes home.",
        runtime=101,
        year=2011,
        release_date=date(2011, 5, 20),
        content_rating="PG-13",
        tmdb_id=TMDB_ID,
        imdb_id=IMDB_ID,
        tmdb_rating=7.46,
        tmdb_votes=210,
        genres=("Drama", "Mystery"),
        studios=("Lighthouse Pictures",),
        actors=(
            ActorCredit(name="Anna Lind", role="Marta", sort_order=0, tmdb_id=1),
            ActorCredit(name="Bruno Falk", role="The Pilot", sort_order=1, tmdb_id=2),
        ),
        crew=(
            CrewCredit(name="Frida Noth", role="composer", tmdb_id=6),
            CrewCredit(name="Dora Weiss", role="director", tmdb_id=3),
            CrewCredit(name="Carl Ohm", role="writer", tmdb_id=4),
        ),
        collection=CollectionRef(name="Harbour Collection", tmdb_collection_id=88),
    )


async def test_keys_travel_where_the_provider_takes_them(handlers, run_job, add_film, provider):
    await run_job(handlers, enrich(await add_film(tmdb_id=TMDB_ID)))
    by_path = {asked.path: asked for asked in provider.asked}
    assert by_path[f"/tmdb/movie/{TMDB_ID}"].params["api_key"] == "tmdb-s3cret"
    assert by_path[f"/fanart/movies/{TMDB_ID}"].headers["api-key"] == "fanart-s3cret"
    assert by_path[f"/fanart/movies/{TMDB_ID}"].params == {}


async def test_a_second_run_asks_nobody_and_writes_nothing(handlers, run_job, add_film, provider, rows):
    film = await add_film(tmdb_id=TMDB_ID, nfo={"title": "Quiet Harbour", "actors": [{"name": "Anna Lind"}]})
    await run_job(handlers, enrich(film))
    asked, written = len(provider.asked), await rows(WRITTEN)
    fact = await run_job(handlers, enrich(film))
    assert len(provider.asked) == asked
    assert await rows(WRITTEN) == written
    assert (fact.sources, fact.changed, fact.failed) == (("tmdb", "fanart_tv"), (), ())


async def test_a_person_who_asks_gets_fresh_answers(handlers, run_job, add_film, provider, read_film):
    film = await add_film(tmdb_id=TMDB_ID)
    await run_job(handlers, enrich(film))
    provider.answer(f"/tmdb/movie/{TMDB_ID}", said(tmdb_film(overview="Rewritten.", tagline="")))
    fact = await run_job(handlers, enrich(film, fresh=True))
    assert fact.changed == ("plot",)
    metadata = (await read_film(film)).metadata
    assert (metadata.plot, metadata.tagline) == ("Rewritten.", "The tide remembers.")


async def test_omdb_is_asked_when_it_has_a_key_by_the_id_that_tmdb_told(
    handlers, run_job, add_film, provider, db, read_film
):
    async with db.transaction() as conn:
        await conn.execute("UPDATE provider_config SET api_key = 'k' WHERE provider_name = 'omdb'")
    film = await add_film(tmdb_id=TMDB_ID)
    fact = await run_job(handlers, enrich(film))
    assert len(provider.asked) == 3
    assert {"i": IMDB_ID, "plot": "short", "r": "json", "apikey": "k"} in [asked.params for asked in provider.asked]
    assert fact.sources == ("tmdb", "fanart_tv", "omdb")
    metadata = (await read_film(film)).metadata
    assert (metadata.imdb_rating, metadata.imdb_votes, metadata.outline) == (7.1, 12345, "A pilot returns.")
    assert metadata.content_rating == "PG-13"


async def test_a_film_known_by_its_imdb_id_is_found_through_it(handlers, run_job, add_film, provider, read_film):
    film = await add_film(imdb_id=IMDB_ID, title="Anything")
    await run_job(handlers, enrich(film))
    assert provider.paths()[0] == f"/tmdb/find/{IMDB_ID}"
    assert provider.asked[0].params["external_source"] == "imdb_id"
    assert (await read_film(film)).metadata.tmdb_id == TMDB_ID


async def test_a_film_known_by_name_and_year_is_searched_and_pinned(
    handlers, run_job, add_film, provider, read_film, rows
):
    provider.answer("/tmdb/search/movie", said(results(found(), found(9, "The Quiet Harbour", "1954-01-01"))))
    film = await add_film(year=2011)
    fact = await run_job(handlers, enrich(film))
    assert isinstance(fact, ItemEnriched)
    assert provider.asked[0].params["year"] == "2011"
    assert (await read_film(film)).metadata.tmdb_id == TMDB_ID
    assert await rows(PROBLEMS) == []
    assert await rows("SELECT new_value, source FROM field_history WHERE field = 'tmdb_id'") == [(TMDB_ID, "match")]
    ((why,),) = await rows("SELECT answer FROM metadata_answers WHERE source = 'match'")
    assert (why["reason"], why["score"]) == ("the only film with this title and year", 1.0)
    assert [part["name"] for part in why["parts"]] == ["title", "year"]
    written = await rows(WRITTEN)
    await run_job(handlers, enrich(film))
    assert await rows(WRITTEN) == written


async def test_a_film_goes_by_its_other_titles_too(handlers, run_job, add_film, provider, read_film):
    provider.answer("/tmdb/search/movie", said(results(found())))
    film = await add_film(title="Harbour of Silence", year=2011)
    assert isinstance(await run_job(handlers, enrich(film)), ItemEnriched)
    assert provider.paths().count(f"/tmdb/movie/{TMDB_ID}") == 1
    assert (await read_film(film)).metadata.tmdb_id == TMDB_ID


@pytest.mark.parametrize(
    ("seconds", "fact"), [(6000, ItemEnriched), (30, ItemEnriched), (1800, ItemUnmatched), (None, ItemEnriched)]
)
async def test_a_title_without_a_year_is_believed_unless_the_length_of_the_file_speaks_against_it(
    handlers, run_job, add_film, provider, db, seconds, fact
):
    provider.answer("/tmdb/search/movie", said(results(found())))
    film = await add_film()
    async with db.transaction() as conn:
        stream = {"entity_type": "movie", "entity_id": film, "stream_index": 0, "duration_seconds": seconds}
        await insert(conn, "video_streams", **stream)
    assert isinstance(await run_job(handlers, enrich(film)), fact)
    assert provider.paths().count(f"/tmdb/movie/{TMDB_ID}") == 1


async def test_two_films_of_one_title_and_year_wait_for_a_person(
    handlers, run_job, add_film, provider, read_film, rows
):
    provider.answer("/tmdb/search/movie", said(results(found(), found(502, popularity=90.0))))
    film = await add_film(year=2011)
    fact = await run_job(handlers, enrich(film))
    assert isinstance(fact, ItemUnmatched)
    assert fact.candidates == 2
    row = await read_film(film)
    assert (row.identification_status, row.metadata.tmdb_id) == ("unidentified", None)
    ((area, message),) = await rows(PROBLEMS)
    assert (area, message) == (
        "identify",
        "2 films are called “The Quiet Harbour” (2011); only a person can tell which.",
    )
    ((detail,),) = await rows("SELECT detail FROM problems")
    assert {shown["tmdb_id"] for shown in detail["candidates"]} == {501, 502}
    assert detail["candidates"][0]["parts"][0]["name"] == "title"


async def test_what_is_said_of_an_unknown_film_is_cleared_once_it_is_known(
    handlers, run_job, add_film, provider, db, rows
):
    provider.answer("/tmdb/search/movie", said(results()))
    film = await add_film(year=2011)
    await run_job(handlers, enrich(film))
    assert [area for area, _ in await rows(PROBLEMS)] == ["identify"]
    async with db.transaction() as conn:
        await conn.execute("UPDATE movies SET tmdb_id = $1", TMDB_ID)
    await run_job(handlers, enrich(film))
    assert await rows(PROBLEMS) == []


async def test_the_nfo_of_a_person_comes_first_and_learns_from_tmdb(handlers, run_job, add_film, read_film):
    nfo = {"title": "My Harbour", "plot": "Mine.", "actors": [{"name": "Anna Lind", "role": "M."}], "tmdb_rating": 1.0}
    film = await add_film(tmdb_id=TMDB_ID, nfo=nfo)
    await run_job(handlers, enrich(film))
    metadata = (await read_film(film)).metadata
    assert (metadata.title, metadata.plot, metadata.tagline) == ("My Harbour", "Mine.", "The tide remembers.")
    assert metadata.actors == (ActorCredit(name="Anna Lind", role="M.", tmdb_id=1),)
    assert metadata.tmdb_rating == 7.46


async def test_the_nfo_comes_last_where_the_person_wants_it_so(handlers, run_job, add_film, db, read_film):
    async with db.transaction() as conn:
        await conn.execute("INSERT INTO app_settings VALUES ('metadata.local_nfo_first', 'false')")
    film = await add_film(tmdb_id=TMDB_ID, nfo={"title": "My Harbour", "sort_title": "Harbour, My"})
    await run_job(handlers, enrich(film))
    metadata = (await read_film(film)).metadata
    assert (metadata.title, metadata.sort_title) == ("The Quiet Harbour", "Harbour, My")


async def test_an_nfo_about_another_film_is_not_heard_once_a_person_pinned_the_film(
    handlers, run_job, add_film, read_film
):
    film = await add_film(tmdb_id=TMDB_ID, nfo={"title": "Wrong", "plot": "Wrong.", "tmdb_id": 4})
    await run_job(handlers, enrich(film))
    assert (await read_film(film)).metadata.title == "The Quiet Harbour"


async def test_pictures_are_asked_for_in_the_languages_that_a_rule_of_artwork_names(
    handlers, run_job, add_film, provider, db, library
):
    async with db.transaction() as conn:
        rules = '{"languages": ["it", "wanted", "original"]}'
        await conn.execute("INSERT INTO app_settings VALUES ('assets.logo', $1)", rules)
    provider.answer(f"/tmdb/movie/{TMDB_ID}", said(tmdb_film(original_language="ja")))
    film = await add_film(tmdb_id=TMDB_ID)
    await run_job(handlers, enrich(film))
    await run_job(handlers, enrich(film))
    asked = [one.params["include_image_language"] for one in provider.asked if one.path == f"/tmdb/movie/{TMDB_ID}"]
    assert asked == ["en,it,null", "en,it,ja,null"]


async def test_languages_and_countries_of_the_library_decide_field_by_field(
    handlers, run_job, add_film, provider, db, library, read_film
):
    async with db.transaction() as conn:
        for key, value in (("languages", '["fr","de"]'), ("countries", '["FR","DE"]')):
            await conn.execute("INSERT INTO app_settings VALUES ($1, $2)", f"library.{library}.metadata.{key}", value)
    untranslated = {"title": "Der stille Hafen", "overview": "", "tagline": ""}
    provider.answer(f"/tmdb/movie/{TMDB_ID}", said(tmdb_film(**untranslated)))
    film = await add_film(tmdb_id=TMDB_ID)
    await run_job(handlers, enrich(film))
    asked = next(asked for asked in provider.asked if asked.path.startswith("/tmdb"))
    assert (asked.params["language"], asked.params["include_image_language"]) == ("fr", "fr,de,en,null")
    metadata = (await read_film(film)).metadata
    assert (metadata.title, metadata.plot, metadata.tagline) == (
        "Le Port calme",
        "Ein Lotse kehrt heim.",
        "La marée sait.",
    )
    assert metadata.content_rating == "12"


async def test_a_locked_field_is_left_as_it_is_whichever_it_is(handlers, run_job, add_film, read_film):
    for number, field in enumerate(METADATA_FIELDS):
        nfo = {"title": "Mine", "sort_title": "S", "outline": "O"}
        film = await add_film(number, tmdb_id=TMDB_ID, nfo=nfo, **{f"{field}_locked": True})
        before = (await read_film(film)).metadata
        fact = await run_job(handlers, enrich(film))
        after = (await read_film(film)).metadata
        assert getattr(after, field) == getattr(before, field)
        assert field not in fact.changed


async def test_a_lock_set_while_the_providers_are_asked_counts(handlers, run_job, add_film, db, read_film, monkeypatch):
    film = await add_film(tmdb_id=TMDB_ID)

    async def edited_meanwhile(*given):
        async with db.transaction() as conn:
            await conn.execute("UPDATE movies SET plot = 'Mine.', plot_locked = true")
        return await store(*given)

    monkeypatch.setattr("metarr_enricher.jobs.store", edited_meanwhile)
    await run_job(handlers, enrich(film))
    assert (await read_film(film)).metadata.plot == "Mine."


async def test_every_change_is_in_the_history_with_its_source_and_job(handlers, run_job, add_film, rows):
    film = await add_film(tmdb_id=TMDB_ID, nfo={"plot": "Mine."})
    await run_job(handlers, enrich(film))
    history = {
        field: (old, new, source)
        for field, old, new, source in await rows("SELECT field, old_value, new_value, source FROM field_history")
    }
    assert history["plot"] == (None, "Mine.", "nfo")
    assert history["runtime"] == (None, 101, "tmdb")
    assert "title" not in history
    assert await rows("SELECT count(*) FROM field_history WHERE job_id IS NULL") == [(0,)]


async def test_pictures_on_offer_become_candidates_of_film_collection_and_cast(handlers, run_job, add_film, rows):
    film = await add_film(tmdb_id=TMDB_ID)
    await run_job(handlers, enrich(film))
    offered = await rows(
        "SELECT entity_type, asset_type, provider_name, source_url, width, language, likes FROM asset_candidates"
        " WHERE source_type = 'provider' ORDER BY entity_type, asset_type, source_url"
    )
    original = "https://img/t/p/original"
    assert ("movie", "poster", "tmdb", f"{original}/poster-en.jpg", 2000, "en", None) in offered
    assert ("movie", "fanart", "tmdb", f"{original}/back.jpg", 3840, None, None) in offered
    assert ("movie", "thumb", "tmdb", f"{original}/back-en.jpg", 1920, "en", None) in offered
    assert ("movie", "fanart", "fanart_tv", "https://art/back.jpg", 1920, None, 3) in offered
    assert ("movie", "thumb", "fanart_tv", "https://art/thumb.jpg", 2000, "en", 2) in offered
    assert ("collection", "poster", "tmdb", f"{original}/set-poster.jpg", None, None, None) in offered
    assert ("actor", "thumb", "tmdb", f"{original}/anna.jpg", None, None, None) in offered
    assert {row[1] for row in offered if row[0] == "movie"} == set(ASSET_SLOTS)
    assert not any(url.endswith(".svg") for _, _, _, url, *_ in offered)


async def test_a_film_that_turns_out_to_be_another_loses_what_it_had_from_the_first(
    handlers, run_job, add_film, provider, db, read_film, rows
):
    film = await add_film(tmdb_id=TMDB_ID, studios_locked=False)
    await run_job(handlers, enrich(film))
    other = {
        "id": 600,
        "title": "Other",
        "release_date": "",
        "overview": "Else.",
        "genres": [{"id": 1, "name": "Comedy"}],
    }
    provider.answer("/tmdb/movie/600", said(other))
    async with db.transaction() as conn:
        await conn.execute("UPDATE movies SET tmdb_id = 600, tagline_locked = true")
        await conn.execute("UPDATE asset_candidates SET status = 'chosen' WHERE source_url LIKE '%poster-en.jpg'")
    await run_job(handlers, enrich(film))
    assert (await read_film(film)).metadata == MovieMetadata(
        title="Other", sort_title="Other", plot="Else.", tagline="The tide remembers.", tmdb_id=600, genres=("Comedy",)
    )
    assert await rows(
        "SELECT count(*) FROM asset_candidates WHERE entity_type = 'movie' AND provider_name = 'tmdb'"
    ) == [(0,)]


async def test_without_any_key_the_nfo_is_stored_and_the_person_told(
    handlers, run_job, add_film, provider, db, read_film, rows
):
    async with db.transaction() as conn:
        await conn.execute("UPDATE provider_config SET api_key = NULL")
    film = await add_film(nfo={"title": "My Harbour", "year": 2011, "imdb_id": IMDB_ID, "genres": ["Drama"]})
    fact = await run_job(handlers, enrich(film))
    assert isinstance(fact, ItemUnmatched)
    assert "no provider has a key" in fact.reason
    row = await read_film(film)
    assert row.identification_status == "identified"
    assert (row.metadata.title, row.metadata.imdb_id, row.metadata.genres) == ("My Harbour", IMDB_ID, ("Drama",))
    assert "No provider has a key" in (await rows(PROBLEMS))[0][1]
    assert provider.asked == []


async def test_a_provider_that_is_switched_off_is_not_asked(handlers, run_job, add_film, provider, db):
    async with db.transaction() as conn:
        await conn.execute("UPDATE provider_config SET enabled = false WHERE provider_name = 'fanart_tv'")
    await run_job(handlers, enrich(await add_film(tmdb_id=TMDB_ID)))
    assert provider.paths() == [f"/tmdb/movie/{TMDB_ID}"]


async def test_a_film_that_has_gone_is_no_work(handlers, run_job, add_film, db):
    film = await add_film(tmdb_id=TMDB_ID)
    async with db.transaction() as conn:
        await conn.execute("UPDATE movies SET deleted_at = now()")
    with pytest.raises(Discard):
        await run_job(handlers, enrich(film))
    with pytest.raises(Discard):
        await run_job(handlers, enrich(film + 1))


async def test_many_films_that_share_their_people_are_enriched_at_the_same_time(
    handlers, run_job, add_film, provider, rows
):
    films = []
    for number in range(10):
        provider.answer(f"/tmdb/movie/{number + 1}", said(tmdb_film(number + 1, imdb_id=None, external_ids=None)))
        provider.answer(f"/fanart/movies/{number + 1}", NOT_FOUND)
        films.append(await add_film(number, tmdb_id=number + 1))
    async with asyncio.TaskGroup() as group:
        for film in films:
            group.create_task(run_job(handlers, enrich(film)))
    assert await rows("SELECT count(*) FROM movie_actors") == [(20,)]
    assert await rows("SELECT (SELECT count(*) FROM actors), (SELECT count(*) FROM movie_collections)") == [(2, 1)]
