"""Films in the database: what is stored is what is read, and films that share names do not get into each other's way."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest

from metarr.db import Database
from metarr.db.queries.answers import forget_answers, load_answers, store_answers
from metarr.db.queries.candidates import Offer, store_offers, withdraw_offers
from metarr.db.queries.history import record_changes
from metarr.db.queries.movies import (
    load_cast,
    load_collection_id,
    load_movie,
    store_metadata,
    store_status,
)
from metarr.db.queries.providers import load_providers, seed_providers
from metarr.domain.merge import FieldChange, SourcedAnswer, applied, merge
from metarr.domain.movie import METADATA_FIELDS, ActorCredit, CollectionRef, CrewCredit, MovieMetadata
from support.rows import insert, insert_asset, insert_movie

ARRIVAL = MovieMetadata(
    title="Arrival",
    original_title="Arrival",
    sort_title="Arrival",
    tagline="Why are they here?",
    plot="Twelve ships come down.",
    outline="Ships.",
    runtime=116,
    year=2016,
    release_date=date(2016, 11, 10),
    content_rating="PG-13",
    tmdb_id=329865,
    imdb_id="tt2543164",
    tmdb_rating=7.61,
    tmdb_votes=18420,
    imdb_rating=7.9,
    imdb_votes=800000,
    genres=("Drama", "Science Fiction"),
    studios=("FilmNation", "Lava Bear"),
    actors=(
        ActorCredit(name="Amy Adams", role="Louise", sort_order=0, tmdb_id=9273),
        ActorCredit(name="Jeremy Renner", role="Ian", sort_order=1, imdb_id="nm0719637"),
    ),
    crew=(
        CrewCredit(name="Denis Villeneuve", role="director", tmdb_id=137427),
        CrewCredit(name="Eric Heisserer", role="writer"),
    ),
    collection=CollectionRef(name="First Contact", tmdb_collection_id=77, plot="They come."),
)


def everything(metadata: MovieMetadata) -> list[FieldChange]:
    return [FieldChange(field=f, old=None, new=getattr(metadata, f), source="tmdb") for f in METADATA_FIELDS]


def only(**fields: object) -> list[FieldChange]:
    return [FieldChange(field=field, old=None, new=new, source="tmdb") for field, new in fields.items()]


@pytest.fixture
async def library(db: Database) -> int:
    async with db.transaction() as conn:
        return await insert(conn, "libraries", name="Films", path="/films", type="movie")


async def a_film(db: Database, library: int, number: int = 1, **values: object) -> int:
    async with db.transaction() as conn:
        return await insert_movie(conn, library, file_path=f"/films/{number}.mkv", **values)


async def store(db: Database, film: int, changes: Sequence[FieldChange]) -> None:
    async with db.transaction() as conn:
        await load_movie(conn, film, for_update=True)
        await store_metadata(conn, film, changes)


async def read(db: Database, film: int) -> MovieMetadata:
    async with db.read() as conn:
        row = await load_movie(conn, film)
    assert row is not None
    return row.metadata


async def count(db: Database, statement: str) -> int:
    async with db.read() as conn:
        return int(await conn.fetchval(statement))


async def test_everything_that_is_stored_is_read_again(db, library):
    film = await a_film(db, library, title_locked=True, genres_locked=True)
    await store(db, film, everything(ARRIVAL))
    async with db.read() as conn:
        row = await load_movie(conn, film)
    assert row is not None
    assert row.metadata == ARRIVAL
    assert row.locks == {"title", "genres"}
    assert row.identification_status == "unidentified"


async def test_storing_one_field_leaves_the_others_alone_and_none_empties_it(db, library):
    film = await a_film(db, library)
    await store(db, film, everything(ARRIVAL))
    await store(db, film, only(plot="New.", tagline=None, studios=None, collection=None))
    changed = msgspec.structs.replace(ARRIVAL, plot="New.", tagline=None, studios=None, collection=None)
    assert await read(db, film) == changed


async def test_merging_what_was_stored_again_finds_no_change(db, library):
    film = await a_film(db, library)
    said = [SourcedAnswer(source="tmdb", metadata=ARRIVAL, priority=1)]
    await store(db, film, everything(applied(MovieMetadata(), merge(MovieMetadata(), frozenset(), said))))
    assert merge(await read(db, film), frozenset(), said) == ()


async def test_a_name_in_another_case_is_the_same_genre_and_studio(db, library):
    one, two = await a_film(db, library, 1), await a_film(db, library, 2)
    await store(db, one, only(genres=("Drama",), studios=("Gaumont",)))
    await store(db, two, only(genres=("DRAMA", "Comedy"), studios=("gaumont",)))
    assert (await read(db, two)).genres == ("Comedy", "Drama")
    assert await count(db, "SELECT count(*) FROM studios") == 1


async def test_somebody_known_by_name_gets_the_id_when_it_arrives(db, library):
    one, two = await a_film(db, library, 1), await a_film(db, library, 2)
    await store(db, one, only(actors=(ActorCredit(name="Amy Adams", role="Louise"),)))
    await store(db, two, only(actors=(ActorCredit(name="amy adams", role="Giselle", tmdb_id=9273),)))
    for film in (one, two):
        assert [(a.name, a.tmdb_id) for a in (await read(db, film)).actors or ()] == [("Amy Adams", 9273)]


async def test_two_rows_of_one_person_become_one_and_the_portrait_stays(db, library):
    one, two = await a_film(db, library, 1), await a_film(db, library, 2)
    async with db.transaction() as conn:
        portrait = await insert_asset(conn, 1)
        named = await insert(conn, "actors", name="Amy Adams", thumb_id=portrait)
        await insert(conn, "actors", name="Amy Adams", tmdb_id=9273)
        await insert(conn, "movie_actors", movie_id=one, actor_id=named, role="Louise", sort_order=0)
    await store(db, two, only(actors=(ActorCredit(name="Amy Adams", role="Giselle", tmdb_id=9273),)))
    assert [(a.name, a.role, a.tmdb_id) for a in (await read(db, one)).actors or ()] == [("Amy Adams", "Louise", 9273)]
    assert await count(db, "SELECT count(*) FROM actors") == 1
    assert await count(db, f"SELECT count(*) FROM actors WHERE thumb_id = {portrait}") == 1
    assert await count(db, f"SELECT reference_count FROM cache_assets WHERE id = {portrait}") == 1


async def test_a_collection_known_by_name_gets_its_id_too(db, library):
    one, two = await a_film(db, library, 1), await a_film(db, library, 2)
    await store(db, one, only(collection=CollectionRef(name="Alien Collection", plot="Aliens.")))
    await store(db, two, only(collection=CollectionRef(name="Alien Collection", tmdb_collection_id=8091)))
    expected = CollectionRef(name="Alien Collection", tmdb_collection_id=8091, plot="Aliens.")
    assert [(await read(db, film)).collection for film in (one, two)] == [expected, expected]
    async with db.read() as conn:
        assert await load_collection_id(conn, one, 8091) is not None
        assert await load_collection_id(conn, one, 1) is None


async def test_namesakes_with_ids_stay_two_people(db, library):
    one, two, three = [await a_film(db, library, number) for number in (1, 2, 3)]
    await store(db, one, only(actors=(ActorCredit(name="Chris Evans", tmdb_id=1),)))
    await store(db, two, only(actors=(ActorCredit(name="Chris Evans", tmdb_id=2),)))
    await store(db, three, only(actors=(ActorCredit(name="Chris Evans"),)))
    assert [((await read(db, film)).actors or ())[0].tmdb_id for film in (one, two, three)] == [1, 2, None]


async def test_a_name_alone_stands_for_the_only_person_of_that_name(db, library):
    one, two = await a_film(db, library, 1), await a_film(db, library, 2)
    await store(db, one, only(actors=(ActorCredit(name="Amy Adams", tmdb_id=9273),)))
    await store(db, two, only(actors=(ActorCredit(name="AMY ADAMS"),)))
    async with db.read() as conn:
        assert await load_cast(conn, one) == await load_cast(conn, two)


async def test_twenty_films_that_share_everything_can_be_stored_at_the_same_time(db, library):
    films = [await a_film(db, library, number) for number in range(20)]
    people = [(f"Person {number}", None if number % 3 else number + 1) for number in range(12)]

    def changes(film: int) -> list[FieldChange]:
        turned = people[film % 12 :] + people[: film % 12]
        known = [(name, tmdb_id if film % 2 else None) for name, tmdb_id in turned]
        return only(
            genres=tuple(f"Genre {(film + n) % 5}" for n in range(5)),
            studios=tuple(f"Studio {(film - n) % 5}" for n in range(5)),
            actors=tuple(
                ActorCredit(name=name, tmdb_id=tmdb_id, sort_order=n) for n, (name, tmdb_id) in enumerate(known)
            ),
            crew=tuple(
                CrewCredit(name=name, role="writer", tmdb_id=tmdb_id, sort_order=n)
                for n, (name, tmdb_id) in enumerate(known)
            ),
            collection=CollectionRef(name="All", tmdb_collection_id=1 if film % 2 else None),
        )

    async with asyncio.TaskGroup() as group:
        for film in films:
            group.create_task(store(db, film, changes(film)))
    for film in films:
        metadata = await read(db, film)
        assert len(metadata.genres or ()) == len(metadata.studios or ()) == 5
        assert len(metadata.actors or ()) == len(metadata.crew or ()) == 12
        assert metadata.collection is not None


async def test_a_change_is_noted_with_old_and_new_value_and_source(db, library):
    film = await a_film(db, library)
    change = FieldChange(field="release_date", old=None, new=date(2016, 11, 10), source="tmdb")
    lists = FieldChange(field="genres", old=("A",), new=("B",), source="nfo")
    async with db.transaction() as conn:
        await record_changes(conn, "movie", film, [change, lists], job_id=7)
        await record_changes(conn, "movie", film, [change], "user")
        rows = await conn.fetch("SELECT field, old_value, new_value, source, job_id FROM field_history ORDER BY id")
    assert [tuple(row) for row in rows] == [
        ("release_date", None, "2016-11-10", "tmdb", 7),
        ("genres", ["A"], ["B"], "nfo", 7),
        ("release_date", None, "2016-11-10", "user", None),
    ]


async def test_answers_are_kept_by_source_until_they_are_forgotten(db, library):
    film = await a_film(db, library)
    async with db.transaction() as conn:
        await store_answers(conn, "movie", film, {"tmdb": ARRIVAL, "nfo": MovieMetadata(title="Ankunft")})
        await insert(conn, "metadata_answers", entity_type="movie", entity_id=film, source="old", answer={"title": 5})
        assert await load_answers(conn, "movie", film) == {"tmdb": ARRIVAL, "nfo": MovieMetadata(title="Ankunft")}
        await forget_answers(conn, "movie", film, ["tmdb"])
        assert list(await load_answers(conn, "movie", film)) == ["nfo"]


async def test_the_same_answer_again_writes_nothing(db, library):
    film = await a_film(db, library)
    async with db.transaction() as conn:
        await store_answers(conn, "movie", film, {"tmdb": ARRIVAL})
    async with db.transaction() as conn:
        before = await conn.fetchval("SELECT xmin::text FROM metadata_answers")
        await store_answers(conn, "movie", film, {"tmdb": ARRIVAL})
        assert await conn.fetchval("SELECT xmin::text FROM metadata_answers") == before


async def test_offers_keep_their_judgement_and_go_when_they_are_withdrawn(db, library):
    film = await a_film(db, library)

    def offer(name: str, **more: object) -> Offer:
        known = {"entity_type": "movie", "entity_id": film, "asset_type": "poster", "provider_name": "tmdb"}
        return Offer(source_url=f"https://img/{name}", **(known | more))

    async with db.transaction() as conn:
        await store_offers(conn, [offer("a", width=2000, vote_average=5.312), offer("b"), offer("c"), offer("c")])
        await conn.execute("UPDATE asset_candidates SET status = 'chosen' WHERE source_url LIKE '%/b'")
        before = await conn.fetch("SELECT xmin::text FROM asset_candidates ORDER BY id")
    async with db.transaction() as conn:
        await store_offers(conn, [offer("a", vote_average=5.312), offer("b")])
        assert await conn.fetch("SELECT xmin::text FROM asset_candidates ORDER BY id") == before
        await store_offers(conn, [offer("b", likes=3)])
        await withdraw_offers(conn, "movie", film, "tmdb", ["https://img/a"])
        rows = await conn.fetch("SELECT source_url, status, likes, width FROM asset_candidates ORDER BY source_url")
        assert [tuple(row) for row in rows] == [
            ("https://img/a", "candidate", None, 2000),
            ("https://img/b", "chosen", 3, None),
        ]
        await withdraw_offers(conn, "movie", film, "tmdb", [], other_film=True, locked_slots=frozenset({"poster"}))
        assert await conn.fetchval("SELECT string_agg(status, ',') FROM asset_candidates") == "chosen"
        await withdraw_offers(conn, "movie", film, "tmdb", [], other_film=True)
        assert await conn.fetchval("SELECT count(*) FROM asset_candidates") == 0


async def test_a_status_is_noted_and_a_look_without_news_once_a_day(db, library):
    film = await a_film(db, library)
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    seen = []
    for status, at in (
        ("identified", None),
        ("enriched", noon),
        ("enriched", noon + timedelta(hours=1)),
        ("enriched", noon + timedelta(days=2)),
    ):
        async with db.transaction() as conn:
            await store_status(conn, film, status, enriched_at=at)
            row = await load_movie(conn, film)
            seen.append((row.identification_status, row.last_enriched_at))
    assert seen == [
        ("identified", None),
        ("enriched", noon),
        ("enriched", noon),
        ("enriched", noon + timedelta(days=2)),
    ]


async def test_providers_are_seeded_once_and_a_key_from_the_environment_counts(db):
    async with db.transaction() as conn:
        await seed_providers(conn, {"tmdb": "k1", "omdb": None})
        await conn.execute("UPDATE provider_config SET enabled = false, priority = 9 WHERE provider_name = 'fanart_tv'")
        await conn.execute("UPDATE provider_config SET api_key = 'mine' WHERE provider_name = 'omdb'")
        await seed_providers(conn, {"tmdb": "k2", "omdb": None})
        providers = await load_providers(conn)
    assert (providers["tmdb"].api_key, providers["tmdb"].rate_limit_per_second) == ("k2", 20.0)
    assert (providers["fanart_tv"].enabled, providers["fanart_tv"].priority) == (False, 9)
    assert providers["omdb"].api_key == "mine"
    assert providers["local"].rate_limit_per_second is None


async def test_a_film_that_is_not_there_is_none(db):
    async with db.read() as conn:
        assert await load_movie(conn, 12345) is None
