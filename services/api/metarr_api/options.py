"""OPTIONS: which methods a path knows.

The framework makes its own answer when the first handler of a path is registered, and forgets those that come later; what it
says to a method that nobody has is complete. So that is what it is asked.
"""

from metarr_api.asgi import Application, Message, Receive, Scope, Send

_NOBODYS_METHOD = "TRACE"
_NOT_ALLOWED = 405


class Options:
    """Answers OPTIONS with 204 and Allow; unknown paths stay unknown."""

    def __init__(self, inner: Application) -> None:
        self._inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "OPTIONS":
            await self._inner(scope, receive, send)
            return
        known = False

        async def send_methods(message: Message) -> None:
            nonlocal known
            if message["type"] == "http.response.start":
                known = message["status"] == _NOT_ALLOWED
                if known:
                    allow = [(name, value) for name, value in message["headers"] if name.lower() == b"allow"]
                    message = {"type": "http.response.start", "status": 204, "headers": allow}
            elif known:
                message = {"type": "http.response.body", "body": b""}
            await send(message)

        await self._inner({**scope, "method": _NOBODYS_METHOD}, receive, send_methods)
