"""Who may come in: whoever brings the key. Everything is closed unless it stands in OPEN."""

import base64
import hmac

from metarr_api.asgi import TRACE, Application, Receive, Scope, Send, answer, header
from metarr_api.problems import PROBLEM_TYPE, Problem, encode

OPEN = frozenset({"/health", "/ready"})
"""Paths that answer without a key (CONTRACT.md, "REST")."""

_READING = frozenset({"GET", "HEAD"})


class Access:
    """Lets through what brings `key` as X-Api-Key, as Bearer, or as the password of Basic; all else gets one and the same 401.

    Basic is for a person's browser, which asks for it when /docs is opened; the user name does not matter. It only reads: a
    browser repeats it on requests that a foreign page makes.
    """

    def __init__(self, inner: Application, key: str) -> None:
        self._inner = inner
        self._key = key.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in OPEN or self._knows(scope):
            await self._inner(scope, receive, send)
            return
        problem = Problem(
            title="Unauthorized",
            status=401,
            detail="the key is missing or wrong: send it as X-Api-Key or as Authorization: Bearer",
            trace_id=scope.get(TRACE),
        )
        headers = [
            ("content-type", PROBLEM_TYPE),
            ("www-authenticate", 'Bearer realm="metarr"'),
            ("www-authenticate", 'Basic realm="metarr", charset="UTF-8"'),
        ]
        await answer(send, 401, encode(problem), headers)

    def _knows(self, scope: Scope) -> bool:
        given = header(scope, b"x-api-key") or _authorization(header(scope, b"authorization"), scope["method"])
        return hmac.compare_digest((given or "").encode("latin-1", "replace"), self._key)


def _authorization(value: str | None, method: str) -> str | None:
    scheme, _, token = (value or "").partition(" ")
    match scheme.lower():
        case "bearer":
            return token.strip()
        case "basic" if method in _READING:
            return _password(token.strip())
    return None


def _password(token: str) -> str | None:
    """What stands behind the first colon of a Basic credential (RFC 7617)."""
    try:
        return base64.b64decode(token, validate=True).decode().partition(":")[2]
    except ValueError:
        return None
