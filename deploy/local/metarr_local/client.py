"""The person's side of the REST API: every command that looks at or changes data speaks through here."""

import http.client
import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from typing import Any

from metarr.errors import MetarrError

_PAGE = 200
_LARGEST_ANSWER = 64 * 1024 * 1024


class ApiError(MetarrError):
    """The API answered with an error, or not at all (`status` 0); the text is what it said."""

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.status = status


class Client:
    """Speaks to `address` (scheme, host, port, base path) with `key`. No proxy comes between: the address is our own."""

    def __init__(self, address: str, key: str | None, *, timeout: float = 30.0) -> None:
        self._address = address
        self._key = key
        self._timeout = timeout
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def is_healthy(self) -> bool:
        """Whether GET /health answers 200 now."""
        try:
            self._send("GET", "/health", None)
        except ApiError:
            return False
        return True

    def get(self, path: str, **query: str | int | None) -> Any:
        """The answer to GET /api/v1`path`. Raises ApiError."""
        given = {name: value for name, value in query.items() if value is not None}
        return self._send("GET", f"/api/v1{path}" + (f"?{urllib.parse.urlencode(given)}" if given else ""), None)

    def post(self, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """The answer to POST /api/v1`path`. Raises ApiError."""
        return self._send("POST", f"/api/v1{path}", body or {})

    def patch(self, path: str, body: Mapping[str, Any]) -> Any:
        """The answer to PATCH /api/v1`path`. Raises ApiError."""
        return self._send("PATCH", f"/api/v1{path}", body)

    def every(self, path: str, **query: str | int | None) -> Iterator[dict[str, Any]]:
        """All items of a list, page by page. Raises ApiError."""
        cursor: str | None = None
        while True:
            page = self.get(path, limit=_PAGE, cursor=cursor, **query)
            yield from page["items"]
            cursor = page.get("next_cursor")
            if not cursor:
                return

    def _send(self, verb: str, path: str, body: Mapping[str, Any] | None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._address + path, data=data, method=verb)  # noqa: S310 - our own address
        request.add_header("Accept", "application/json")
        if data is not None:
            request.add_header("Content-Type", "application/json")
        if self._key is not None:
            request.add_header("X-Api-Key", self._key)
        try:
            with self._opener.open(request, timeout=self._timeout) as answer:
                return _decode(answer.read(_LARGEST_ANSWER))
        except urllib.error.HTTPError as refused:
            with refused:
                raise ApiError(_said(refused.code, refused.read(_LARGEST_ANSWER)), refused.code) from None
        except (OSError, http.client.HTTPException) as gone:
            reason = gone.reason if isinstance(gone, urllib.error.URLError) else gone
            words = getattr(reason, "strerror", None) or reason
            raise ApiError(f"Metarr does not answer on {self._address} ({words}); `metarr up` starts it") from None


def _decode(data: bytes) -> Any:
    try:
        return json.loads(data) if data else None
    except ValueError:
        return None


def _said(status: int, data: bytes) -> str:
    """problem+json in one line."""
    problem = _decode(data)
    if not isinstance(problem, dict):
        return f"the API answered {status}"
    words = str(problem.get("detail") or problem.get("title") or status)
    fields = [f"{wrong['field']} {wrong['message']}" for wrong in problem.get("errors") or []]
    return "; ".join([words, *fields])
