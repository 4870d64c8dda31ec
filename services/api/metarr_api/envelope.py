"""What every request gets, whatever it asks for: base path, trace id, safe headers, one line in the log, one count."""

import re
import time
import uuid

import structlog
from prometheus_client import Counter, Histogram

from metarr_api.asgi import TRACE, Application, Message, Receive, Scope, Send, header

_TRACE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_QUIET = frozenset({"/health", "/ready", "/metrics", "/api/v1/metrics"})
"""Asked by machines every few seconds: logged at debug level."""

_HEADERS: tuple[tuple[bytes, bytes], ...] = (
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
)
"""Set unless the answer has its own."""

REQUESTS = Counter("metarr_http_requests", "HTTP requests", ["method", "route", "status"])
SECONDS = Histogram(
    "metarr_http_request_seconds",
    "How long answers take, without streams",
    ["method", "route"],
    buckets=(0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10),
)
_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"})

log = structlog.get_logger("metarr.http")


class Envelope:
    """Around everything else; `base_path` is taken off where it is there, so that a proxy may keep or strip it."""

    def __init__(self, inner: Application, base_path: str) -> None:
        self._inner = inner
        self._base_path = base_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._inner(scope, receive, send)
            return
        trace_id = _trace_id(scope)
        scope[TRACE] = trace_id
        scope["path"] = self._inside(scope["path"])
        status = 0
        began = time.perf_counter()

        async def send_in_envelope(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = _with_headers(list(message["headers"]), trace_id)
            await send(message)

        with structlog.contextvars.bound_contextvars(trace_id=trace_id):
            try:
                await self._inner(scope, receive, send_in_envelope)
            finally:
                _report(scope, status, time.perf_counter() - began)

    def _inside(self, path: str) -> str:
        if self._base_path and (path == self._base_path or path.startswith(self._base_path + "/")):
            return path[len(self._base_path) :] or "/"
        return path


def _trace_id(scope: Scope) -> str:
    given = header(scope, b"x-request-id")
    return given if given and _TRACE_ID.fullmatch(given) else uuid.uuid4().hex


def _with_headers(headers: list[tuple[bytes, bytes]], trace_id: str) -> list[tuple[bytes, bytes]]:
    there = {name.lower() for name, _ in headers}
    return [
        *headers,
        *((name, value) for name, value in _HEADERS if name not in there),
        (b"x-request-id", trace_id.encode()),
    ]


def _report(scope: Scope, status: int, seconds: float) -> None:
    """The route, not the path, is counted: paths have no end."""
    method = scope["method"] if scope["method"] in _METHODS else "other"
    route = scope.get("path_template") or "none"
    REQUESTS.labels(method, route, str(status)).inc()
    if not route.endswith("/events"):
        SECONDS.labels(method, route).observe(seconds)
    say = log.debug if scope["path"] in _QUIET else log.info
    say("request", method=method, path=scope["path"], status=status, ms=round(seconds * 1000, 1))
