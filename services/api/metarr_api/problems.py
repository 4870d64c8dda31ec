"""Errors as application/problem+json (RFC 9457): every exception becomes one here, and nowhere else."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException
from msgspec import Struct

from metarr.errors import BusUnavailable, Conflict, DatabaseUnavailable, Invalid, MetarrError, NoAnswer, NotFound
from metarr_api.asgi import TRACE

PROBLEM_TYPE = "application/problem+json"
_RETRY_SECONDS = "5"

log = structlog.get_logger("metarr.api")


class FieldError(Struct, frozen=True, kw_only=True):
    """One bad field of the input and what is wrong with it."""

    field: str
    message: str


class Problem(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What went wrong. `errors` names each bad field; `trace_id` finds the request in the logs."""

    title: str
    status: int
    detail: str
    type: str = "about:blank"
    errors: tuple[FieldError, ...] = ()
    trace_id: str | None = None


class WrongContentType(Invalid):
    """The body is of a kind that is not understood here."""


_STATUS: tuple[tuple[type[MetarrError], int], ...] = (
    (NotFound, 404),
    (Conflict, 409),
    (WrongContentType, 415),
    (Invalid, 400),
    (DatabaseUnavailable, 503),
    (BusUnavailable, 503),
    (NoAnswer, 503),
)
_OTHERWISE = 409
"""Another service could not do what was asked, for a reason of its own: its words are shown."""


def encode(problem: Problem) -> bytes:
    """JSON with `type` always in it, as RFC 9457 readers expect."""
    return msgspec.json.encode({"type": problem.type, **msgspec.to_builtins(problem)})


def of_error(request: Request[Any, Any, Any], error: MetarrError) -> Response[bytes]:
    """One of our own errors: its text is written for the person."""
    status = next((status for kind, status in _STATUS if isinstance(error, kind)), _OTHERWISE)
    fields = error.errors if isinstance(error, Invalid) else {}
    return respond(request, status, str(error), fields=fields)


def of_http(request: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    """What the framework refuses: unknown paths and methods, bodies that are too large."""
    return respond(request, error.status_code, _WORDS.get(error.status_code, error.detail), headers=error.headers)


def of_fault(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """A mistake of ours: the log has the details, the client the trace id."""
    log.error("a request failed", method=request.method, path=request.scope["path"], exc_info=error)
    return respond(request, 500, "this is a fault in Metarr; its log tells more under the trace id")


def respond(
    request: Request[Any, Any, Any],
    status: int,
    detail: str,
    *,
    fields: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response[bytes]:
    problem = Problem(
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        errors=tuple(FieldError(field=name, message=message) for name, message in (fields or {}).items()),
        trace_id=request.scope.get(TRACE),  # type: ignore[arg-type]
    )
    given = dict(headers or {})
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        given["retry-after"] = _RETRY_SECONDS
    return Response(encode(problem), status_code=status, media_type=PROBLEM_TYPE, headers=given)


_WORDS = {
    404: "there is nothing at this path",
    405: "this path does not know this method",
    413: "the body is larger than this path takes",
}
