"""The OpenAPI document is true: what it allows works, what it forbids is refused, nothing is the server's fault."""

import asyncio
import os
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import APIOperation, Case, GenerationMode
from schemathesis.checks import load_all_checks
from schemathesis.specs.openapi import checks

from metarr.db import Database
from metarr.messages.requests import (
    FindMatches,
    ImageStored,
    MakePreview,
    MakeThumbnail,
    MatchesFound,
    StoreImage,
    ThumbnailMade,
)
from metarr_api.tools import Tools
from support.answering import answering, same
from support.api import KEY, served
from support.rows import insert, insert_asset, insert_candidate, insert_movie

EXAMPLES = int(os.environ.get("API_EXAMPLES", "3"))
NEVER_ENDS = "/api/v1/events"
ANSWERS = {
    FindMatches: MatchesFound(reason="nobody knows"),
    StoreImage: ImageStored(refused="it is no picture"),
    MakeThumbnail: ThumbnailMade(refused="it is no picture"),
    MakePreview: ThumbnailMade(refused="it is no picture"),
}


@pytest.fixture
async def address(tools: Tools, db: Database, nats_url: str) -> AsyncIterator[str]:
    """A house with a little of everything, in which every other service is at home."""
    async with db.transaction() as conn:
        library = await insert(conn, "libraries", name="Films", path="/films", type="movie")
        for number in range(1, 4):
            await insert_movie(conn, library, file_path=f"/films/{number}", title=f"Film {number}", year=1990 + number)
        await insert(conn, "movie_collections", name="Sagas")
        await insert_candidate(conn, 1, asset_type="poster", cache_asset_id=await insert_asset(conn, 1))
    async with AsyncExitStack() as stack:
        for kind, reply in ANSWERS.items():
            await stack.enter_async_context(answering(nats_url, kind, same(reply)))
        yield await stack.enter_async_context(served(tools))


async def test_whatever_is_sent_gets_an_answer_that_the_document_knows(address: str) -> None:
    document = await _document(address)
    await asyncio.to_thread(_ask_everything, document, address)
    async with httpx.AsyncClient() as client:
        assert (await client.get(f"{address}/ready")).status_code == 200


async def test_options_names_all_methods_of_a_path(api: httpx.AsyncClient) -> None:
    document = (await api.get("/openapi.json")).json()
    for path, operations in document["paths"].items():
        answer = await api.options(re.sub(r"\{[^}]*\}", "1", path))
        assert answer.status_code == 204
        assert set(answer.headers["allow"].split(", ")) == {"OPTIONS", *(method.upper() for method in operations)}
    assert (await api.options("/api/v1/nothing")).status_code == 404


async def test_every_operation_is_described_and_named_once(api: httpx.AsyncClient) -> None:
    document = (await api.get("/openapi.json")).json()
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    names = [operation["operationId"] for operation in operations]
    assert len(names) == len(set(names))
    assert all(operation["summary"] for operation in operations)


async def test_the_document_is_the_same_at_both_places(api: httpx.AsyncClient) -> None:
    assert (await api.get("/openapi.json")).json() == (await api.get("/api/v1/openapi.json")).json()


async def test_the_page_needs_nothing_from_outside_and_runs_nothing(api: httpx.AsyncClient) -> None:
    answer = await api.get("/docs")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert not re.search(r"<script|https?://|@import|url\(|\son\w+=", answer.text)
    assert "script-src" not in answer.headers["content-security-policy"]
    assert "/api/v1/movies/{movie_id}" in answer.text


async def _document(address: str) -> dict[str, Any]:
    async with httpx.AsyncClient(headers={"x-api-key": KEY}) as client:
        document: dict[str, Any] = (await client.get(f"{address}/openapi.json")).json()
    del document["paths"][NEVER_ENDS]
    return document


def _ask_everything(document: dict[str, Any], address: str) -> None:
    """Each operation with what the document allows and with what it forbids. Blocks."""
    load_all_checks()
    schema = schemathesis.openapi.from_dict(document)
    for result in schema.get_all_operations():
        operation = result.ok()
        _ask(operation, address, GenerationMode.POSITIVE)
        if operation.query or operation.body or operation.path_parameters:
            _ask(operation, address, GenerationMode.NEGATIVE)


def _ask(operation: APIOperation, address: str, mode: GenerationMode) -> None:
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(operation.as_strategy(generation_mode=mode))
    def ask(case: Case) -> None:
        case.call_and_validate(
            base_url=address,
            headers={"X-Api-Key": KEY},
            # A path that no folder has, or a cursor that no list gave, is of the right form and still refused.
            excluded_checks=[checks.positive_data_acceptance],
        )

    ask()
