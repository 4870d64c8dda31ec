"""What is said over a real NATS."""

import asyncio

import pytest
from structlog.testing import capture_logs

from metarr.bus import Bus
from metarr.errors import BusUnavailable, MetarrError, NoAnswer
from metarr.messages import subjects
from metarr.messages.requests import FindMatches, MatchesFound

QUESTION = FindMatches(entity_type="movie", entity_id=7, query="Nightfall")


async def publish(bus: Bus, *numbers: int) -> None:
    await bus.wait_connected(10)
    await bus.publish_facts([(f"metarr.events.movie.ItemPublished.{n}", b"%d" % n, f"id-{n}", "t") for n in numbers])


async def first(bus: Bus, count: int, after: int | None) -> list[int]:
    found = []
    async for fact in bus.facts(after):
        found.append(int(fact.data))
        if len(found) == count:
            return found
    raise AssertionError("the stream ended")


async def test_facts_are_resumed_behind_the_last_one_seen(bus: Bus) -> None:
    await publish(bus, 1, 2, 3)
    assert await asyncio.wait_for(first(bus, 3, after=0), 10) == [1, 2, 3]
    assert await asyncio.wait_for(first(bus, 1, after=2), 10) == [3]


async def test_a_fact_that_is_sent_twice_is_in_the_stream_once(bus: Bus) -> None:
    await publish(bus, 1)
    await publish(bus, 1, 2)
    assert await asyncio.wait_for(first(bus, 2, after=0), 10) == [1, 2]


async def test_telling_facts_again_and_again_leaves_nothing_behind(bus: Bus) -> None:
    await publish(bus, 1)
    tasks = len(asyncio.all_tasks())
    for number in range(2, 12):
        await publish(bus, number)
    assert len(asyncio.all_tasks()) == tasks


def fact(number: int, data: bytes = b"{}") -> tuple[str, bytes, str, str | None]:
    return (f"metarr.events.movie.ItemPublished.{number}", data, f"id-{number}", "t")


async def test_a_fact_that_no_server_takes_is_named_and_the_others_are_told(bus: Bus) -> None:
    largest = bus.client.max_payload - 200
    outcome = await bus.publish_facts([fact(1), fact(2, b" " * largest), fact(3, b" " * (largest + 200)), fact(4)])
    assert outcome.taken == {"id-1", "id-2", "id-4"}
    assert list(outcome.refused) == ["id-3"]
    assert f"NATS takes {bus.client.max_payload}" in outcome.refused["id-3"]
    assert bus.connected


async def test_a_fact_whose_headers_make_it_too_large_does_not_cost_the_connection(bus: Bus) -> None:
    outcome = await bus.publish_facts([fact(1, b" " * bus.client.max_payload)])
    assert (set(outcome.refused), (await bus.publish_facts([fact(2)])).taken) == ({"id-1"}, {"id-2"})


async def test_a_fact_that_the_stream_refuses_is_named_with_its_words(bus: Bus) -> None:
    context = await bus.stream()
    config = (await context.stream_info(subjects.EVENT_STREAM)).config
    config.max_msg_size = 1000
    await context.update_stream(config)
    outcome = await bus.publish_facts([fact(1), fact(2, b" " * 2000), fact(3)])
    assert outcome.taken == {"id-1", "id-3"}
    assert outcome.refused == {"id-2": "message size exceeds maximum allowed"}


async def test_without_a_stream_nothing_is_given_up_and_the_next_try_makes_one(bus: Bus) -> None:
    context = await bus.stream()
    await context.delete_stream(subjects.EVENT_STREAM)
    first = await bus.publish_facts([fact(1)])
    second = await bus.publish_facts([fact(1)])
    assert (first.taken, first.refused) == (frozenset(), {})
    assert second.taken == {"id-1"}


async def test_a_listener_that_saw_more_than_there_is_begins_anew(bus: Bus) -> None:
    await publish(bus, 1)
    assert await asyncio.wait_for(first(bus, 1, after=5_000), 10) == [1]


async def test_a_live_listener_gets_a_fact_when_it_comes(bus: Bus) -> None:
    await publish(bus, 1)
    coming = asyncio.create_task(first(bus, 2, after=0))
    await asyncio.sleep(0)
    await publish(bus, 2)
    assert await asyncio.wait_for(coming, 10) == [1, 2]


async def test_the_bell_reaches_everybody_who_listens(bus: Bus) -> None:
    rung = asyncio.Event()

    async def hear(_subject: str, _data: bytes) -> None:
        rung.set()

    await bus.wait_connected(10)
    await bus.listen("metarr.jobs.scanner", hear)
    await bus.ring(["scanner"])
    await asyncio.wait_for(rung.wait(), 10)
    assert rung.is_set()


async def test_a_question_is_answered_by_the_service_that_knows(bus: Bus) -> None:
    async def find(question: FindMatches) -> MatchesFound:
        return MatchesFound(reason=f"looked for {question.query}")

    await bus.wait_connected(10)
    await bus.serve("enricher", "1.0.0", {FindMatches: find})
    assert (await bus.ask(QUESTION, MatchesFound)).reason == "looked for Nightfall"


async def test_what_the_other_side_could_not_do_comes_back_in_its_words(bus: Bus) -> None:
    async def find(question: FindMatches) -> MatchesFound:
        raise MetarrError("no provider has a key")

    await bus.wait_connected(10)
    await bus.serve("enricher", "1.0.0", {FindMatches: find})
    with pytest.raises(MetarrError, match="no provider has a key"):
        await bus.ask(QUESTION, MatchesFound)


async def test_a_question_that_nobody_answers_says_which_service_is_missing(bus: Bus) -> None:
    await bus.wait_connected(10)
    with pytest.raises(NoAnswer, match="no enricher service"):
        await bus.ask(QUESTION, MatchesFound)


async def test_without_nats_ringing_does_nothing_and_telling_says_so() -> None:
    async with Bus("nats://127.0.0.1:1", name="test") as bus:
        await bus.ring(["scanner"])
        assert not bus.connected
        with pytest.raises(BusUnavailable):
            await bus.publish_facts([("metarr.events.movie.ItemPublished.1", b"", "id", None)])


async def test_who_hangs_up_does_not_call_it_a_loss(nats_url: str) -> None:
    with capture_logs() as said:
        async with Bus(nats_url, name="leaving") as bus:
            assert await bus.wait_connected(10)
    assert [line["event"] for line in said if line["log_level"] == "warning"] == []
