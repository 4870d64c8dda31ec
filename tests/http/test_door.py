"""The door: what it asks, what it keeps, how it meets trouble."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import stamina
from msgspec import Struct

from metarr.errors import AddressRefused, ImageRefused, ProviderRateLimited, ProviderRefused, ProviderUnavailable
from metarr.http import Call, HttpDoor, Limits, ProviderResting
from metarr.http.breaker import FAILURES, REST_SECONDS
from support.provider_stand_in import (
    CUT_OFF,
    HANGS,
    ProviderStandIn,
    Reply,
    half_json,
    html,
    rate_limited,
    redirect,
    said,
)
from support.waiting import eventually


class Film(Struct, frozen=True, kw_only=True):
    id: int
    title: str = ""


@pytest.fixture(autouse=True)
def retries_do_not_wait():
    stamina.set_testing(True, attempts=3, cap=True)
    yield
    stamina.set_testing(False)


@pytest.fixture
async def provider() -> AsyncIterator[ProviderStandIn]:
    async with ProviderStandIn() as server:
        yield server


@pytest.fixture
async def door(provider, tmp_path, clock) -> AsyncIterator[HttpDoor]:
    async with a_door(tmp_path, clock, provider.url) as opened:
        yield opened


def a_door(tmp_path, clock, *configured: str, **more) -> HttpDoor:
    limits = Limits(seconds=0.3, max_bytes=10_000)
    given = {"user_agent": "Metarr/test", "json_limits": limits, "configured": configured} | more
    door = HttpDoor(data_dir=str(tmp_path), clock=clock, **given)
    door.set_budget("tmdb", 1000)
    return door


def call(provider: ProviderStandIn, path: str = "/movie/1", **params: str) -> Call:
    return Call(provider="tmdb", url=provider.url + path, params=params, secret_params={"api_key": "s3cret"})


async def test_an_answer_is_asked_for_once_and_then_given_from_the_disk(door, provider):
    provider.answer("/movie/1", said({"id": 1, "title": "Arrival", "unknown": [1]}, **{"cache-control": "no-store"}))
    assert await door.get_json(call(provider), Film) == Film(id=1, title="Arrival")
    assert await door.get_json(call(provider), Film) == Film(id=1, title="Arrival")
    assert len(provider.asked) == 1
    assert provider.asked[0].params == {"api_key": "s3cret"}
    assert provider.asked[0].headers["user-agent"] == "Metarr/test"


async def test_asking_afresh_passes_over_the_kept_answer_and_keeps_the_new_one(door, provider):
    provider.answer("/movie/1", said({"id": 1, "title": "Old"}), said({"id": 1, "title": "New"}))
    await door.get_json(call(provider), Film)
    assert await door.get_json(call(provider), Film, fresh=True) == Film(id=1, title="New")
    assert await door.get_json(call(provider), Film) == Film(id=1, title="New")
    assert len(provider.asked) == 2


async def test_another_question_is_another_answer(door, provider):
    provider.answer("/movie/1", said({"id": 1}), said({"id": 2}))
    await door.get_json(call(provider, language="en"), Film)
    assert await door.get_json(call(provider, language="de"), Film) == Film(id=2)


async def test_no_key_is_stored_with_an_answer(door, provider, tmp_path):
    provider.answer("/movie/1", said({"id": 1}))
    await door.get_json(call(provider), Film)
    kept = [path.read_bytes() for path in (tmp_path / "cache").rglob("*") if path.is_file()]
    assert kept
    assert not any(b"s3cret" in data for data in kept)


async def test_null_counts_as_missing_and_costs_nothing_else_of_the_answer(door, provider):
    provider.answer("/movie/1", said({"id": 1, "title": None, "unknown": [None]}))
    assert await door.get_json(call(provider), Film) == Film(id=1)


async def test_not_found_is_an_answer_and_is_not_kept(door, provider):
    assert await door.get_json(call(provider), Film) is None
    assert await door.get_json(call(provider), Film) is None
    assert len(provider.asked) == 2


@pytest.mark.parametrize(
    "trouble", [half_json(), html(), html(500), said({"id": "no number"}), CUT_OFF, HANGS, Reply(body=b"")]
)
async def test_trouble_is_tried_again_and_an_answer_afterwards_is_taken(door, provider, trouble):
    provider.answer("/movie/1", trouble, said({"id": 1}))
    assert await door.get_json(call(provider), Film) == Film(id=1)


@pytest.mark.parametrize(
    "trouble", [half_json(), html(), html(502), CUT_OFF, HANGS, Reply(body=b'{"id":' + b" " * 20_000)]
)
async def test_lasting_trouble_is_an_error_that_shows_no_key_and_is_not_kept(door, provider, trouble):
    provider.answer("/movie/1", trouble)
    with pytest.raises(ProviderUnavailable) as failure:
        await door.get_json(call(provider), Film)
    assert "s3cret" not in str(failure.value)
    assert str(failure.value).startswith("tmdb: ")
    provider.answer("/movie/1", said({"id": 1}))
    assert await door.get_json(call(provider), Film) == Film(id=1)


async def test_a_failed_refresh_leaves_the_kept_answer_where_it_is(door, provider):
    provider.answer("/movie/1", said({"id": 1}), html(500))
    await door.get_json(call(provider), Film)
    with pytest.raises(ProviderUnavailable):
        await door.get_json(call(provider), Film, fresh=True)
    assert await door.get_json(call(provider), Film) == Film(id=1)


@pytest.mark.parametrize(
    ("status", "words"), [(401, "refuses the key"), (403, "refuses the key"), (422, "does not understand")]
)
async def test_a_refusal_is_final(door, provider, status, words):
    provider.answer("/movie/1", said({}, status))
    with pytest.raises(ProviderRefused, match=words):
        await door.get_json(call(provider), Film)
    assert len(provider.asked) == 1


async def test_a_short_pause_is_waited_out(door, provider, clock):
    provider.answer("/movie/1", rate_limited("7"), said({"id": 1}))
    async with asyncio.TaskGroup() as group:
        asking = group.create_task(door.get_json(call(provider), Film))
        await eventually(lambda: clock.sleeping)
        assert len(provider.asked) == 1
        clock.advance(7)
    assert asking.result() == Film(id=1)


async def test_a_long_pause_is_told_and_nobody_asks_meanwhile(door, provider, clock):
    provider.answer("/movie/1", rate_limited("120"), said({"id": 1}))
    for _ in range(2):
        with pytest.raises(ProviderRateLimited) as limited:
            await door.get_json(call(provider), Film)
        assert limited.value.after.total_seconds() == 120
    assert len(provider.asked) == 1
    clock.advance(120)
    assert await door.get_json(call(provider), Film) == Film(id=1)


async def test_a_person_waits_less_long_than_background_work(door, provider):
    provider.answer("/movie/1", rate_limited("20"))
    with pytest.raises(ProviderRateLimited):
        await door.get_json(call(provider), Film, priority=2)


async def test_a_503_with_retry_after_is_a_rate_limit(door, provider):
    provider.answer("/movie/1", said({}, 503, **{"retry-after": "90"}))
    with pytest.raises(ProviderRateLimited):
        await door.get_json(call(provider), Film)


async def test_a_provider_that_keeps_failing_is_left_in_peace_and_then_asked_again(door, provider, clock):
    provider.answer("/movie/1", html(500))
    for _ in range(2):
        with pytest.raises(ProviderUnavailable):
            await door.get_json(call(provider), Film)
    assert len(provider.asked) == FAILURES
    with pytest.raises(ProviderResting):
        await door.get_json(call(provider), Film)
    assert len(provider.asked) == FAILURES
    clock.advance(REST_SECONDS)
    provider.answer("/movie/1", said({"id": 1}))
    assert await door.get_json(call(provider), Film) == Film(id=1)


async def test_redirects_are_followed_three_times_and_no_more(door, provider):
    provider.answer("/movie/1", redirect("/2"))
    provider.answer("/2", redirect("/3"))
    provider.answer("/3", redirect(provider.url + "/4"))
    provider.answer("/4", said({"id": 4}))
    assert await door.get_json(call(provider), Film) == Film(id=4)
    provider.answer("/4", redirect("/movie/1"))
    with pytest.raises(ProviderUnavailable, match="TooManyRedirects"):
        await door.get_json(call(provider), Film, fresh=True)


async def test_a_key_in_a_header_does_not_follow_a_redirect_to_another_origin(provider, tmp_path, clock):
    async with ProviderStandIn() as other, a_door(tmp_path, clock, provider.url, other.url) as door:
        provider.answer("/movie/1", redirect(other.url + "/x"))
        other.answer("/x", said({"id": 1}))
        await door.get_json(Call(provider="tmdb", url=provider.url + "/movie/1", secret_headers={"api-key": "k"}), Film)
        assert provider.asked[0].headers["api-key"] == "k"
        assert "api-key" not in other.asked[0].headers


async def test_bytes_are_fetched_whole(door, provider):
    provider.answer("/a.jpg", Reply(body=b"\xff\xd8" + b"x" * 100_000))
    assert await door.fetch_bytes(provider.url + "/a.jpg?size=1") == b"\xff\xd8" + b"x" * 100_000
    assert provider.asked[0].params == {"size": "1"}
    assert await door.fetch_bytes(provider.url + "/none.jpg") is None


@pytest.mark.parametrize("size", [Reply(body=b"x" * 2000), Reply(promised=10**12)])
async def test_a_file_that_is_too_large_is_refused(door, provider, size):
    provider.answer("/a.jpg", size)
    with pytest.raises(ImageRefused, match="larger than"):
        await door.fetch_bytes(provider.url + "/a.jpg", max_bytes=1000)


async def test_a_private_address_is_refused_unless_the_person_configured_it(provider, tmp_path, clock):
    provider.answer("/a.jpg", Reply(body=b"secret"))
    async with a_door(tmp_path, clock) as door:
        with pytest.raises(AddressRefused):
            await door.fetch_bytes(provider.url + "/a.jpg")
    assert provider.asked == []


async def test_a_redirect_into_a_private_network_is_refused(provider, tmp_path, clock):
    async with ProviderStandIn() as inside, a_door(tmp_path, clock, provider.url) as door:
        for target in (inside.url, "http://169.254.169.254/latest/meta-data", "file:///etc/passwd"):
            provider.answer("/a.jpg", redirect(target))
            with pytest.raises(AddressRefused):
                await door.fetch_bytes(provider.url + "/a.jpg")
        assert inside.asked == []


async def test_a_name_that_resolves_into_a_private_network_is_refused(tmp_path, clock):
    async def rebound(host: str, port: int) -> list[str]:
        return ["127.0.0.1", "::ffff:10.0.0.1"]

    async with a_door(tmp_path, clock, look_up=rebound) as door:
        with pytest.raises(AddressRefused, match=r"images\.example lies in a private network"):
            await door.fetch_bytes("https://images.example/a.jpg")


async def test_an_unreachable_provider_is_unavailable(tmp_path, clock):
    async def nowhere(host: str, port: int) -> list[str]:
        return []

    async with a_door(tmp_path, clock, "http://gone.example", look_up=nowhere) as door:
        with pytest.raises(ProviderUnavailable, match="could not be reached"):
            await door.get_json(Call(provider="tmdb", url="http://gone.example/x"), Film)


async def test_a_call_that_waits_for_the_budget_says_so_while_it_waits(door, provider):
    provider.answer("/movie/1", said({"id": 1}))
    door.set_budget("tmdb", 5)
    heard = Waiting()
    await asyncio.gather(*(door.get_json(call(provider), Film, fresh=True, waits=heard) for _ in range(6)))
    assert (heard.now, set(heard.before)) == ([], {"tmdb's budget"})


async def test_a_call_within_the_budget_waits_for_nothing(door, provider):
    provider.answer("/movie/1", said({"id": 1}))
    heard = Waiting()
    await door.get_json(call(provider), Film, waits=heard)
    assert heard.before == []


async def test_a_call_that_waits_for_the_end_of_a_pause_says_so(door, provider, clock):
    provider.answer("/movie/1", rate_limited("5"), said({"id": 1}))
    heard = Waiting()
    asking = asyncio.create_task(door.get_json(call(provider), Film, waits=heard))
    await eventually(lambda: clock.sleeping, what="it waits")
    during = list(heard.now)
    clock.advance(5)
    assert await asking == Film(id=1)
    assert (during, heard.now) == (["tmdb, which asked for a pause"], [])


class Waiting:
    """Hears what calls wait for now, and what they waited for before."""

    def __init__(self) -> None:
        self.now: list[str] = []
        self.before: list[str] = []

    @asynccontextmanager
    async def __call__(self, what: str) -> AsyncIterator[None]:
        self.now.append(what)
        yield
        self.now.remove(what)
        self.before.append(what)
