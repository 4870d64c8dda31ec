"""The OpenAPI document, made from the routes themselves: their paths, the Structs they read, the type they answer.

A route says in its `opt` what its signature cannot: `query` and `body` (Structs), `body_optional`, `upload` (also takes a
multipart file), `answer` (a Struct that is not the return type), `media` (of an answer that is not JSON), `statuses` (further
answers), `open` (needs no key), `id` (where the function's name is not unique), `twice` (is served at two paths).
"""

from collections.abc import Iterator
from typing import Any, get_args, get_origin, get_type_hints

import msgspec
from litestar import Litestar, Response
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute
from msgspec import Struct

from metarr_api.problems import PROBLEM_TYPE, Problem
from metarr_api.words import BIGGEST_ID

_REF = "#/components/schemas/{name}"
_ID = {"type": "integer", "minimum": 1, "maximum": BIGGEST_ID}
_NO_BODY = 204
_PROBLEM = {"content": {PROBLEM_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
_HIDDEN = frozenset({"OPTIONS"})


class _Types:
    """Schemas of all types that are spoken of, each in the components once."""

    def __init__(self) -> None:
        self.components: dict[str, Any] = {}

    def of(self, kind: Any) -> dict[str, Any]:
        (schema,), components = msgspec.json.schema_components([kind], ref_template=_REF)
        self.components |= components
        return schema

    def parameters(self, query: type[Struct]) -> Iterator[dict[str, Any]]:
        """The fields of a query Struct, each a parameter of its own."""
        _, components = msgspec.json.schema_components([query], ref_template=_REF)
        for name, schema in components[query.__name__]["properties"].items():
            plain = _without_null(schema)
            described = {"description": plain.pop("description")} if "description" in plain else {}
            yield {"name": name, "in": "query", "required": False, "schema": plain, **described}


def make_document(app: Litestar, *, version: str, base_path: str) -> dict[str, Any]:
    """OpenAPI 3.1 as plain data."""
    types = _Types()
    paths: dict[str, dict[str, Any]] = {}
    for route in sorted((r for r in app.routes if isinstance(r, HTTPRoute)), key=lambda r: r.path_format):
        operations = {
            method.lower(): _operation(route, handler, types)
            for handler in route.route_handlers
            for method in sorted(handler.http_methods)
            if method not in _HIDDEN
        }
        paths[route.path_format] = operations
    types.of(Problem)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Metarr",
            "version": version,
            "description": "Looks after the metadata of movie, TV and music libraries. Lists come as pages: `limit`, `cursor`. "
            "Errors are application/problem+json.",
        },
        "servers": [{"url": base_path or "/"}],
        "security": [{"key": []}, {"bearer": []}],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(types.components.items())),
            "securitySchemes": {
                "key": {"type": "apiKey", "in": "header", "name": "X-Api-Key"},
                "bearer": {"type": "http", "scheme": "bearer"},
            },
        },
    }


def _operation(route: HTTPRoute, handler: HTTPRouteHandler, types: _Types) -> dict[str, Any]:
    opt = handler.opt
    operation: dict[str, Any] = {
        "operationId": _operation_id(route, handler),
        "summary": " ".join((handler.fn.__doc__ or "").split()),
        "tags": [_tag(route)],
        "parameters": [*_path_parameters(route), *(types.parameters(opt["query"]) if "query" in opt else ())],
        "responses": _responses(handler, types),
    }
    if "body" in opt or "upload" in opt:
        operation["requestBody"] = _request_body(opt, types)
    if opt.get("open"):
        operation["security"] = []
    return operation


def _operation_id(route: HTTPRoute, handler: HTTPRouteHandler) -> str:
    """The function's name; what is served at two places carries its place."""
    name: str = handler.opt.get("id") or handler.fn.__name__
    return f"{name}_v1" if handler.opt.get("twice") and route.path.startswith("/api/v1") else name


def _tag(route: HTTPRoute) -> str:
    return route.path_format.removeprefix("/api/v1").strip("/").split("/")[0]


def _path_parameters(route: HTTPRoute) -> Iterator[dict[str, Any]]:
    for name, definition in route.path_parameters.items():
        schema = _ID if definition.type is int else {"type": "string", "minLength": 1}
        yield {"name": name, "in": "path", "required": True, "schema": schema}


def _request_body(opt: dict[str, Any], types: _Types) -> dict[str, Any]:
    content: dict[str, Any] = {}
    if "body" in opt:
        content["application/json"] = {"schema": types.of(opt["body"])}
    if "upload" in opt:
        file = {"type": "string", "format": "binary"}
        schema = {"type": "object", "properties": {"file": file}, "required": ["file"]}
        content["multipart/form-data"] = {"schema": schema}
    return {"required": not opt.get("body_optional", False), "content": content}


def _responses(handler: HTTPRouteHandler, types: _Types) -> dict[str, Any]:
    opt = handler.opt
    responses: dict[str, Any] = {str(handler.status_code): _success(handler, types)}
    for status, kind in opt.get("statuses", {}).items():
        responses[str(status)] = {"description": "See the body."}
        if kind is not None:
            responses[str(status)]["content"] = {"application/json": {"schema": types.of(kind)}}
    if not opt.get("open"):
        responses["401"] = {"description": "The key is missing or wrong.", **_PROBLEM}
    responses["default"] = {"description": "What went wrong.", **_PROBLEM}
    return responses


def _success(handler: HTTPRouteHandler, types: _Types) -> dict[str, Any]:
    if handler.status_code == _NO_BODY:
        return {"description": "Done."}
    media = handler.opt.get("media")
    if media is not None:
        return {"description": "The bytes.", "content": {kind: {} for kind in media}}
    answer = handler.opt.get("answer") or _returned(handler)
    return {"description": "Done.", "content": {"application/json": {"schema": types.of(answer)}}}


def _returned(handler: HTTPRouteHandler) -> Any:
    kind = get_type_hints(handler.fn, include_extras=True)["return"]
    return get_args(kind)[0] if get_origin(kind) is Response else kind


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """A parameter is absent rather than null."""
    kept = dict(schema)
    options = [option for option in kept.pop("anyOf", []) if option != {"type": "null"}]
    if len(options) == 1:
        kept |= options[0]
    elif options:
        kept["anyOf"] = options
    if "enum" in kept:
        kept["enum"] = [value for value in kept["enum"] if value is not None]
    if kept.get("default", ...) is None:
        del kept["default"]
    return kept
