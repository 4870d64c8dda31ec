"""Rules of artwork over HTTP: tried on a library before they are saved, and followed when a person says so."""

from typing import Any

import httpx
import pytest

from metarr.db import Database
from metarr.messages.requests import (
    ArtworkSimulated,
    ItemMoved,
    PictureJudged,
    ScorePart,
    SimulateArtwork,
    SlotMoved,
)
from support.answering import answering, same
from support.rows import insert

RULES = {"assets.preset": "votes", "metadata.languages": ["de"]}


@pytest.fixture
async def library(db: Database) -> int:
    async with db.transaction() as conn:
        return await insert(conn, "libraries", name="Films", path="/films", type="movie")


def judged(number: int, content_hash: str | None) -> PictureJudged:
    return PictureJudged(
        candidate_id=number, source_type="provider", provider_name="tmdb", source_url=f"https://images/{number}",
        content_hash=content_hash, mime_type="image/jpeg" if content_hash else None, file_size=5, width=500, height=750,
        language=None, score=70.5, score_parts=(ScorePart(name="votes", points=20.0, of=40.0, why="10 likes"),),
        score_now=60.0,
    )  # fmt: skip


def moved(film: int) -> ItemMoved:
    slot = SlotMoved(asset_type="poster", old=judged(1, "1" * 64), new=judged(2, None), why_not="scored 1")
    return ItemMoved(entity_type="movie", entity_id=film, title="Alien", slots=(slot,))


async def simulate(api: httpx.AsyncClient, library: int, body: Any = RULES, **query: Any) -> httpx.Response:
    return await api.post(f"/api/v1/libraries/{library}/artwork/simulation", json=body, params=query)


async def test_old_and_new_stand_side_by_side_with_addresses_and_scores(
    api: httpx.AsyncClient, library: int, nats_url: str
) -> None:
    said = ArtworkSimulated(items=(moved(7),), changed=1, unchanged=4, locked=2, items_seen=3, items_total=3)
    async with answering(nats_url, SimulateArtwork, same(said)) as asked:
        answer = await simulate(api, library)
    page = answer.json()
    assert answer.status_code == 200
    assert {name: page[name] for name in ("changed", "unchanged", "locked", "items_seen", "total", "next_cursor")} == {
        "changed": 1, "unchanged": 4, "locked": 2, "items_seen": 3, "total": 3, "next_cursor": None,
    }  # fmt: skip
    slot = page["items"][0]["slots"][0]
    assert (slot["old"]["asset"]["url"], slot["new"]["asset"]) == (f"/api/v1/assets/{'1' * 64}", None)
    assert slot["new"]["preview_url"] == "/api/v1/candidates/2/preview"
    assert (slot["new"]["score"], slot["new"]["score_now"], slot["why_not"]) == (70.5, 60.0, "scored 1")
    assert slot["new"]["score_parts"] == [{"name": "votes", "points": 20.0, "of": 40.0, "why": "10 likes"}]
    assert asked == [SimulateArtwork(library_id=library, settings=RULES)]


async def test_a_cursor_goes_on_where_the_page_before_ended(
    api: httpx.AsyncClient, library: int, nats_url: str
) -> None:
    said = ArtworkSimulated(items=(moved(7),), items_total=9, last=(True, 7))
    async with answering(nats_url, SimulateArtwork, same(said)) as asked:
        cursor = (await simulate(api, library, limit=1)).json()["next_cursor"]
        assert (await simulate(api, library, limit=1, cursor=cursor)).status_code == 200
    assert [(one.collections, one.after, one.limit) for one in asked] == [(False, 0, 1), (True, 7, 1)]
    refused = await simulate(api, library, cursor=cursor[:-2])
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, "cursor")


async def test_only_rules_of_this_librarys_artwork_can_be_tried(api: httpx.AsyncClient, library: int) -> None:
    for body in [
        {"publish.auto": False},
        {f"library.{library + 1}.assets.preset": "votes"},
        {"assets.preset": "best"},
        {"assets.poster": {"languages": ["German"]}},
        {"assets.posters": {}},
    ]:
        answer = await simulate(api, library, body)
        assert (answer.status_code, [error["field"] for error in answer.json()["errors"]]) == (400, list(body))
    assert (await simulate(api, library, [])).status_code == 400
    assert (await simulate(api, library + 1)).status_code == 404


async def test_without_a_cache_service_nobody_can_simulate(api: httpx.AsyncClient, library: int) -> None:
    answer = await simulate(api, library)
    assert (answer.status_code, answer.json()["detail"]) == (503, "no cache service is running")


async def test_nothing_that_was_tried_is_saved(api: httpx.AsyncClient, library: int, nats_url: str) -> None:
    before = (await api.get("/api/v1/settings")).json()
    async with answering(nats_url, SimulateArtwork, same(ArtworkSimulated())):
        await simulate(api, library)
    assert (await api.get("/api/v1/settings")).json() == before


async def test_a_library_is_chosen_for_anew_by_one_job(api: httpx.AsyncClient, library: int) -> None:
    first = await api.post(f"/api/v1/libraries/{library}/artwork/choose")
    again = await api.post(f"/api/v1/libraries/{library}/artwork/choose")
    assert (first.status_code, first.json()) == (202, again.json())
    (job,) = (await api.get("/api/v1/jobs")).json()["items"]
    assert (job["kind"], job["entity_type"], job["entity_id"]) == ("ChooseArtwork", "library", library)
    assert (await api.post("/api/v1/libraries/99/artwork/choose")).status_code == 404


async def test_rules_are_shown_with_their_defaults_and_say_what_is_wrong_with_them(api: httpx.AsyncClient) -> None:
    shown = (await api.get("/api/v1/settings")).json()
    assert (shown["assets.preset"], shown["assets.providers"]) == ("own", ["tmdb", "fanart_tv", "tvdb"])
    assert set(shown["assets.logo"]) == {"preset", "weights", "languages", "min_width", "min_height", "providers"}
    poster = {"languages": ["none", "wanted", "original"], "min_width": 1000, "weights": {"votes": 40}}
    saved = (await api.patch("/api/v1/settings", json={"assets.poster": poster})).json()["assets.poster"]
    assert (saved["languages"], saved["min_width"], saved["weights"]["votes"]) == (poster["languages"], 1000, 40)
    wrong = await api.patch("/api/v1/settings", json={"assets.poster": {"languages": ["de", "german"]}})
    (error,) = wrong.json()["errors"]
    assert error["field"] == "assets.poster"
    assert error["message"].startswith("has a value of the wrong form: languages[1]: ")
