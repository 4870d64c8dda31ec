"""Everything that happens, as it happens: facts from the stream, which can be resumed, and progress, which cannot."""

from typing import Annotated, cast

from litestar import Controller, get
from litestar.types import ASGIApp
from msgspec import Meta, Struct

from metarr.errors import BusUnavailable, Invalid
from metarr_api.event_stream import EventStream, newest
from metarr_api.inputs import Asked, read_query
from metarr_api.parameters import Given
from metarr_api.words import BIGGEST_ID

LastId = Annotated[
    int, Meta(ge=0, le=BIGGEST_ID, description="The id of the last event seen, as the header Last-Event-ID says it.")
]


class EventQuery(Struct, frozen=True, kw_only=True):
    """Where to go on."""

    last_event_id: LastId | None = None


class EventRoutes(Controller):
    """The live channel."""

    @get("/events", opt={"query": EventQuery, "media": ["text/event-stream"]})
    async def get_events(self, request: Asked, tools: Given) -> ASGIApp:
        """Server-sent events: `id` is the place in the stream, `event` the fact's name; progress comes without an id."""
        query = read_query(request, EventQuery)
        if not tools.bus.connected:
            raise BusUnavailable("the broker does not answer, so there are no live events; ask again later")
        after = _last_id(request.headers.get("last-event-id"), query.last_event_id)
        stream = EventStream(tools, await newest(tools.bus) if after is None else after)
        return cast("ASGIApp", stream)


def _last_id(header: str | None, parameter: int | None) -> int | None:
    """The header is what a browser sends when it comes back, so it knows more than the address."""
    if not header:
        return parameter
    if not header.isascii() or not header.isdigit() or int(header) > BIGGEST_ID:
        raise Invalid("there is no such event", {"Last-Event-ID": "must be the id of an event"})
    return int(header)
