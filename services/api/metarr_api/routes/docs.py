"""The API's own description: openapi.json, and a page made of it that needs nothing from outside and runs no script."""

import base64
import hashlib
import html
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from litestar import Controller, Litestar, Response, get
from litestar.datastructures import State

from metarr.runtime import VERSION
from metarr_api.inputs import Asked
from metarr_api.openapi import make_document
from metarr_api.parameters import Given
from metarr_api.tools import Tools

_STYLE = """
:root{color-scheme:light dark}
body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
h2{margin-top:2.5rem;border-bottom:1px solid #8886}
article{margin:1rem 0;padding:.6rem .9rem;border:1px solid #8884;border-radius:.5rem}
code,pre{font:13px ui-monospace,monospace}
pre{overflow:auto;background:#8881;padding:.6rem;border-radius:.4rem}
b{display:inline-block;min-width:4.2rem}
summary{cursor:pointer}
table{border-collapse:collapse}
td{padding:.1rem .8rem .1rem 0;vertical-align:top}
"""
_POLICY = (
    "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; style-src 'sha256-"
    + base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
    + "'"
)


class DocRoutes(Controller):
    """The description of this surface."""

    @get("/openapi.json", opt={"media": ["application/json"], "twice": True})
    async def openapi(self, request: Asked, tools: Given) -> Response[bytes]:
        """This surface as an OpenAPI document."""
        return Response(msgspec.json.encode(_document(request.app, tools)), media_type="application/json")

    @get("/docs", opt={"media": ["text/html"], "twice": True})
    async def docs(self, request: Asked, tools: Given) -> Response[bytes]:
        """This surface as a page to read."""
        page = "".join(_page(_document(request.app, tools)))
        return Response(page.encode(), media_type="text/html", headers={"content-security-policy": _POLICY})


def _document(app: Litestar, tools: Tools) -> dict[str, Any]:
    """Made once: routes do not change while the process lives."""
    state: State = app.state
    if "openapi" not in state:
        state.openapi = make_document(app, version=VERSION, base_path=tools.environment.base_path)
    document: dict[str, Any] = state.openapi
    return document


def _page(document: Mapping[str, Any]) -> Iterator[str]:
    info = document["info"]
    yield f"<!doctype html><html lang=en><meta charset=utf-8><title>{info['title']} API</title><style>{_STYLE}</style>"
    yield f"<h1>{info['title']} {info['version']}</h1><p>{html.escape(info['description'])} "
    yield "Every request carries <code>X-Api-Key</code>.</p>"
    for tag in sorted({operation["tags"][0] for _, _, operation in _operations(document)}):
        yield f"<h2>{html.escape(tag)}</h2>"
        for path, method, operation in _operations(document):
            if operation["tags"][0] == tag:
                yield from _article(path, method, operation)
    yield "<h2>types</h2>"
    for name, schema in document["components"]["schemas"].items():
        yield f"<details id='{html.escape(name)}'><summary><code>{html.escape(name)}</code></summary>{_json(schema)}</details>"


def _operations(document: Mapping[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            yield path, method, operation


def _article(path: str, method: str, operation: Mapping[str, Any]) -> Iterator[str]:
    yield f"<article><b>{method.upper()}</b><code>{html.escape(path)}</code><br>{html.escape(operation['summary'])}<table>"
    for parameter in operation["parameters"]:
        if parameter["in"] == "query":
            words = html.escape(parameter.get("description", ""))
            yield f"<tr><td><code>{parameter['name']}</code><td><code>{_inline(parameter['schema'])}</code><td>{words}"
    yield "</table>"
    if "requestBody" in operation:
        yield f"<details><summary>body</summary>{_json(operation['requestBody']['content'])}</details>"
    yield f"<details><summary>answers</summary>{_json(operation['responses'])}</details></article>"


def _json(value: Any) -> str:
    return f"<pre>{html.escape(msgspec.json.format(msgspec.json.encode(value)).decode())}</pre>"


def _inline(value: Any) -> str:
    return html.escape(msgspec.json.encode(value).decode())
