"""Which films could this be? The answer a person chooses from."""

from metarr.messages.requests import FindMatches
from support.film_documents import TMDB_ID, found, results
from support.provider_stand_in import html, said


def asked(film: int, **more: object) -> FindMatches:
    return FindMatches(entity_type="movie", entity_id=film, **more)


async def test_candidates_come_best_first_with_their_scores_explained(handlers, add_film, provider):
    provider.answer(
        "/tmdb/search/movie", said(results(found(9, "Quiet Harbours", "2011-01-01"), found(poster_path="/p.jpg")))
    )
    answer = await handlers.find_matches(asked(await add_film(year=2011)))
    assert [shown.tmdb_id for shown in answer.candidates] == [TMDB_ID, 9]
    best = answer.candidates[0]
    assert (best.score, best.year, best.poster_url) == (1.0, 2011, "https://img/t/p/w342/p.jpg")
    assert [part.name for part in best.parts] == ["title", "year"]
    assert answer.accepted == 0
    assert answer.reason == "the only film with this title and year"


async def test_a_person_can_ask_with_other_words(handlers, add_film, provider):
    provider.answer("/tmdb/search/movie", said(results()))
    answer = await handlers.find_matches(asked(await add_film(year=2011), query="Harbour", year=1999))
    assert {(question.params["query"], question.params.get("year")) for question in provider.asked} == {
        ("Harbour", "1999"),
        ("Harbour", None),
    }
    assert (answer.candidates, answer.accepted) == ((), None)


async def test_other_words_without_a_year_are_searched_in_all_years(handlers, add_film, provider):
    provider.answer("/tmdb/search/movie", said(results()))
    await handlers.find_matches(asked(await add_film(year=2011), query="Harbour"))
    assert ["year" in question.params for question in provider.asked] == [False]


async def test_trouble_and_missing_keys_are_told_in_words(handlers, add_film, provider, db):
    film = await add_film(year=2011)
    provider.answer("/tmdb/search/movie", html(500))
    assert "has trouble of its own" in (await handlers.find_matches(asked(film))).reason
    async with db.transaction() as conn:
        await conn.execute("UPDATE provider_config SET api_key = NULL WHERE provider_name = 'tmdb'")
    assert "TMDB" in (await handlers.find_matches(asked(film))).reason
