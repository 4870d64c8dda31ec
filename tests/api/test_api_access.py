"""Nothing opens without the key but the two paths that say so."""

import re
from base64 import b64encode

import httpx
from litestar.routes import HTTPRoute

from metarr_api.access import OPEN
from metarr_api.app import create_routes
from metarr_api.tools import Tools
from support.api import KEY, client_of


def every_route(tools: Tools) -> list[tuple[str, str]]:
    """(method, path) of all routes, with numbers and words in the places of parameters."""
    routes = [route for route in create_routes(tools).routes if isinstance(route, HTTPRoute)]
    return [
        (method, re.sub(r"\{[^}]*\}", "1", route.path_format))
        for route in routes
        for method in sorted(route.methods)
        if method != "OPTIONS"
    ]


async def test_every_route_but_health_and_ready_is_closed_to_whoever_has_no_key(tools: Tools) -> None:
    routes = every_route(tools)
    async with client_of(tools, accept="*/*") as stranger:
        answers = {(method, path): await stranger.request(method, path) for method, path in routes}
    closed = {route for route, answer in answers.items() if answer.status_code == 401}
    assert len(routes) > 50
    assert {path for _, path in answers.keys() - closed} == OPEN == {"/health", "/ready"}


async def test_paths_that_do_not_exist_are_closed_like_those_that_do(tools: Tools) -> None:
    paths = ["/api/v1/nothing/here", "/", "/docs", "/metrics", "/health/../docs", "/healthy"]
    async with client_of(tools, accept="*/*") as stranger:
        assert {(await stranger.get(path)).status_code for path in paths} == {401}


WRONG_KEYS: list[dict[str, str]] = [
    {"x-api-key": "wrong"},
    {"x-api-key": ""},
    {"x-api-key": KEY + "x"},
    {"x-api-key": KEY[:-1]},
    {"authorization": "Bearer wrong"},
    {"authorization": f"Basic {KEY}"},
    {"authorization": "Bearer"},
    {"authorization": "Basic " + b64encode(b"me:wrong").decode()},
    {"authorization": "Basic " + b64encode(b"\xff").decode()},
    {"accept": "*/*"},
]


async def test_every_wrong_key_gets_the_same_answer(tools: Tools) -> None:
    answers = []
    for headers in WRONG_KEYS:
        async with client_of(tools, **headers) as stranger:
            answers.append(await stranger.get("/api/v1/movies", headers={"x-request-id": "same"}))
    assert {(answer.status_code, answer.text) for answer in answers} == {(401, answers[0].text)}
    assert answers[0].json() == {
        "type": "about:blank",
        "title": "Unauthorized",
        "status": 401,
        "detail": "the key is missing or wrong: send it as X-Api-Key or as Authorization: Bearer",
        "trace_id": "same",
    }
    assert (answers[0].headers["content-type"], answers[0].headers["www-authenticate"]) == (
        "application/problem+json",
        'Bearer realm="metarr", Basic realm="metarr", charset="UTF-8"',
    )


async def test_the_key_opens_as_header_and_as_bearer_token(tools: Tools) -> None:
    for headers in (
        {"x-api-key": KEY},
        {"authorization": f"Bearer {KEY}"},
        {"authorization": f"bearer {KEY}"},
        {"authorization": "Basic " + b64encode(f"me:{KEY}".encode()).decode()},
    ):
        async with client_of(tools, **headers) as client:
            assert (await client.get("/api/v1/movies")).status_code == 200


async def test_a_key_that_is_not_ascii_is_a_wrong_key(api: httpx.AsyncClient) -> None:
    answer = await api.get("/api/v1/movies", headers={b"x-api-key": "schlüssel".encode()})
    assert answer.status_code == 401


async def test_a_browsers_password_opens_what_is_read_and_changes_nothing(tools: Tools) -> None:
    async with client_of(tools, authorization="Basic " + b64encode(f"me:{KEY}".encode()).decode()) as browser:
        assert (await browser.get("/docs", headers={"accept": "text/html"})).status_code == 200
        assert (await browser.post("/api/v1/queues/scanner/pause")).status_code == 401
