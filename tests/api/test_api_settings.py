"""Settings and providers over HTTP."""

from typing import Any

import httpx

from metarr.db import Database
from metarr.db.queries.providers import load_providers, seed_providers
from metarr.db.queries.settings import KEYS, load_settings
from support.rows import insert


async def test_settings_show_their_defaults_and_what_a_person_set(api: httpx.AsyncClient, db: Database) -> None:
    before = (await api.get("/api/v1/settings")).json()
    assert (set(before), before["publish.auto"], before["metadata.languages"]) == (set(KEYS), True, ["en"])
    changed = await api.patch("/api/v1/settings", json={"publish.auto": False, "metadata.languages": ["de", "en"]})
    assert changed.json() == {**before, "publish.auto": False, "metadata.languages": ["de", "en"]}
    async with db.read() as conn:
        assert (await load_settings(conn, None)).auto_publish is False
    back = await api.patch("/api/v1/settings", json={"publish.auto": None, "metadata.languages": None})
    assert back.json() == before


async def test_a_library_differs_where_a_person_says_so(api: httpx.AsyncClient, db: Database) -> None:
    async with db.transaction() as conn:
        number = await insert(conn, "libraries", name="Films", path="/films", type="movie")
    key = f"library.{number}.publish.naming"
    shown = (await api.patch("/api/v1/settings", json={key: "prefixed"})).json()
    assert (shown[key], shown["publish.naming"]) == ("prefixed", "short")
    assert (await api.patch("/api/v1/settings", json={"library.99.publish.naming": "short"})).status_code == 400


async def test_a_setting_that_does_not_exist_or_fit_is_named(api: httpx.AsyncClient) -> None:
    for body in [
        {"publish.auto": "yes"},
        {"publish.naming": "long"},
        {"no.such.key": 1},
        {"": 1},
        {"identify.min_confidence": "high"},
        {"assets.weights": {"resolution": "much"}},
        {"library..publish.auto": True},
        {"library.99999999999999999999999.publish.auto": True},
        {"\x00": 1},
    ]:
        answer = await api.patch("/api/v1/settings", json={**body, "publish.actor_images": False})
        assert (answer.status_code, [error["field"] for error in answer.json()["errors"]]) == (400, list(body))
        assert (await api.get("/api/v1/settings")).json()["publish.actor_images"] is True


async def provider(api: httpx.AsyncClient, name: str) -> dict[str, Any]:
    rows = (await api.get("/api/v1/providers")).json()["items"]
    return next(row for row in rows if row["provider_name"] == name)


async def test_providers_are_shown_before_and_after_they_are_seeded(api: httpx.AsyncClient, db: Database) -> None:
    before = (await api.get("/api/v1/providers")).json()
    async with db.transaction() as conn:
        await seed_providers(conn, {"tmdb": "a-secret"})
    after = (await api.get("/api/v1/providers")).json()
    assert [row["provider_name"] for row in before["items"]] == [row["provider_name"] for row in after["items"]]
    assert after["items"][0] == {**before["items"][0], "has_api_key": True}
    assert after["items"][0]["provider_name"] == "tmdb"


async def test_a_key_goes_in_and_never_comes_out(api: httpx.AsyncClient, db: Database) -> None:
    answer = await api.patch("/api/v1/providers/tmdb", json={"api_key": "a-secret-key"})
    row = answer.json()
    assert (answer.status_code, row["has_api_key"], row["requires_api_key"]) == (200, True, True)
    texts = [answer.text, (await api.get("/api/v1/providers")).text, (await api.get("/api/v1/system/health")).text]
    assert not any("a-secret-key" in text for text in texts)
    async with db.read() as conn:
        assert (await load_providers(conn))["tmdb"].api_key == "a-secret-key"
    await api.patch("/api/v1/providers/tmdb", json={"api_key": None})
    assert (await provider(api, "tmdb"))["has_api_key"] is False


async def test_what_is_not_given_stays(api: httpx.AsyncClient) -> None:
    await api.patch("/api/v1/providers/omdb", json={"api_key": "k", "priority": 7, "rate_limit_per_second": 2.5})
    row = (await api.patch("/api/v1/providers/omdb", json={"enabled": False})).json()
    assert (row["enabled"], row["has_api_key"], row["priority"], row["rate_limit_per_second"]) == (False, True, 7, 2.5)
    row = (await api.patch("/api/v1/providers/omdb", json={"rate_limit_per_second": None})).json()
    assert (row["rate_limit_per_second"], row["priority"]) == (None, 7)


async def test_several_providers_change_at_once_or_none(api: httpx.AsyncClient) -> None:
    both = {"tmdb": {"api_key": "k"}, "fanart_tv": {"enabled": False}}
    assert (await api.patch("/api/v1/providers", json=both)).status_code == 200
    assert ((await provider(api, "tmdb"))["has_api_key"], (await provider(api, "fanart_tv"))["enabled"]) == (
        True,
        False,
    )
    wrong = await api.patch("/api/v1/providers", json={"tmdb": {"api_key": None}, "omdb": {"priority": 0}})
    assert [error["field"] for error in wrong.json()["errors"]] == ["omdb.priority"]
    assert (await provider(api, "tmdb"))["has_api_key"] is True


async def test_a_bad_provider_edit_is_refused(api: httpx.AsyncClient) -> None:
    for body in [
        {"enabled": "no"},
        {"enabled": None},
        {"api_key": "two words"},
        {"api_key": 5},
        {"priority": 1.5},
        {"url": "x"},
        {"rate_limit_per_second": 0},
        {"rate_limit_per_second": -1},
        {"rate_limit_per_second": "fast"},
    ]:
        assert (await api.patch("/api/v1/providers/tmdb", json=body)).status_code == 400


async def test_a_provider_that_does_not_exist_is_not_found(api: httpx.AsyncClient) -> None:
    assert (await api.patch("/api/v1/providers/imdb", json={})).status_code == 404
    assert (await api.patch("/api/v1/providers", json={"imdb": {}})).status_code == 400
