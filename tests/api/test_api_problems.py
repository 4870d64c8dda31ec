"""Errors are application/problem+json, name each bad field, and are never the server's fault."""

import httpx

from metarr_api.app import MOST_BODY

LONE_SURROGATE = b'{"title": "\\ud800"}'


def is_problem(answer: httpx.Response, status: int) -> bool:
    body = answer.json()
    return (
        answer.status_code == status == body["status"]
        and answer.headers["content-type"] == "application/problem+json"
        and {"type", "title", "status", "detail", "trace_id"} <= body.keys()
        and answer.headers["x-request-id"] == body["trace_id"]
    )


LEADS_NOWHERE = [
    ("GET", "/api/v1/nothing", 404),
    ("GET", "/api/v1/movies/1", 404),
    ("GET", "/api/v1/movies/0", 404),
    ("GET", "/api/v1/movies/-1", 404),
    ("GET", f"/api/v1/movies/{2**63}", 404),
    ("GET", f"/api/v1/movies/{10**400}", 404),
    ("GET", "/api/v1/movies/one", 404),
    ("GET", "/api/v1/movies/%00", 404),
    ("GET", "/api/v1/assets/%00%ff", 404),
    ("GET", f"/api/v1/assets/{'A' * 64}", 404),
    ("POST", "/api/v1/queues/nobody/pause", 404),
    ("PUT", "/api/v1/movies", 405),
    ("PATCH", "/health", 405),
    ("GET", "/api/v1/movies?limit=501", 400),
    ("GET", "/api/v1/movies?limit=0", 400),
    ("GET", "/api/v1/movies?limit=many", 400),
    ("GET", "/api/v1/movies?sort=size", 400),
    ("GET", "/api/v1/movies?q=%00", 400),
    ("GET", "/api/v1/movies?missing=poster,money", 400),
    ("GET", f"/api/v1/movies?library_id={2**70}", 400),
    ("GET", "/api/v1/movies?deleted=perhaps", 400),
    ("GET", "/api/v1/jobs?status=lazy", 400),
    ("GET", "/api/v1/jobs?entity=movie", 400),
    ("GET", "/api/v1/jobs?entity=movie:9999999999999999999", 400),
]


async def test_requests_that_lead_nowhere_get_a_problem(api: httpx.AsyncClient) -> None:
    for method, path, status in LEADS_NOWHERE:
        answer = await api.request(method, path)
        assert is_problem(answer, status), (method, path, answer.text)


async def test_a_wrong_method_says_which_ones_there_are(api: httpx.AsyncClient) -> None:
    allowed = (await api.put("/api/v1/movies")).headers["allow"]
    assert set(allowed.split(", ")) == {"GET", "OPTIONS"}


async def test_every_bad_field_is_named_with_what_is_wrong(api: httpx.AsyncClient) -> None:
    body = {"name": " ", "type": "radio", "enabled": "yes", "size": 5}
    answer = await api.post("/api/v1/libraries", json=body)
    assert is_problem(answer, 400)
    assert {error["field"] for error in answer.json()["errors"]} == {"name", "type", "enabled", "size", "path"}


CANNOT_BE_TAKEN = [
    (b"", "application/json", 400),
    (b"{", "application/json", 400),
    (b"[]", "application/json", 400),
    (b"null", "application/json", 400),
    (b"\xff\xfe", "application/json", 400),
    (LONE_SURROGATE, "application/json", 400),
    (b"[" * 100_000, "application/json", 400),
    (b'{"name": "\\u0000", "path": "/x", "type": "movie"}', "application/json", 400),
    (b'{"name": "x", "path": "/\\u0000", "type": "movie"}', "application/json", 400),
    (b'{"name": "x", "path": 5, "type": "movie"}', "application/json", 400),
    (b"name=x", "application/x-www-form-urlencoded", 415),
    (b"<x/>", "text/xml", 415),
    (b"{}", "", 415),
    (b"x" * (MOST_BODY + 1), "application/json", 413),
]


async def test_bodies_that_cannot_be_taken_get_a_problem(api: httpx.AsyncClient) -> None:
    for body, content_type, status in CANNOT_BE_TAKEN:
        answer = await api.post("/api/v1/libraries", content=body, headers={"content-type": content_type})
        assert is_problem(answer, status), (body[:50], answer.text)


async def test_a_content_type_may_carry_a_charset(api: httpx.AsyncClient) -> None:
    headers = {"content-type": "Application/JSON; charset=utf-8"}
    answer = await api.patch("/api/v1/settings", content=b'{"publish.auto": false}', headers=headers)
    assert answer.json()["publish.auto"] is False
