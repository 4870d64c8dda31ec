"""The application: all routes, in the layers that every request passes through."""

from collections.abc import Sequence
from typing import Any, cast

from litestar import Litestar, Router
from litestar.di import Provide
from litestar.exceptions import HTTPException

from metarr.errors import MetarrError
from metarr_api import problems
from metarr_api.access import Access
from metarr_api.asgi import Application
from metarr_api.envelope import Envelope
from metarr_api.routes import (
    assets,
    collections,
    docs,
    events,
    health,
    jobs,
    libraries,
    movie_actions,
    movies,
    settings,
    system,
)
from metarr_api.routes.artwork import artwork_routes
from metarr_api.routes.doing import ids_exist
from metarr_api.tools import Tools

MOST_BODY = 1_000_000
"""Bytes; uploads have a limit of their own."""

_UNDER_V1: tuple[Sequence[Any], ...] = (
    libraries.HANDLERS,
    movies.HANDLERS,
    movie_actions.HANDLERS,
    artwork_routes(movies.MOVIE, "movies"),
    collections.HANDLERS,
    assets.HANDLERS,
    jobs.HANDLERS,
    events.HANDLERS,
    settings.HANDLERS,
    system.HANDLERS,
)
_AT_BOTH: tuple[Sequence[Any], ...] = (docs.HANDLERS, system.AT_BOTH)
"""Served at the root and under /api/v1."""


def create_application(tools: Tools) -> Application:
    """The whole: envelope around access around the routes."""
    return Envelope(Access(cast("Application", create_routes(tools)), tools.key), tools.environment.base_path)


def create_routes(tools: Tools) -> Litestar:
    """The routes without the layers around them."""
    both = _flat(_AT_BOTH)
    versioned = Router("/api/v1", route_handlers=[*_flat(_UNDER_V1), *both])
    return Litestar(
        route_handlers=[*health.HANDLERS, *both, versioned],
        dependencies={"tools": Provide(lambda: tools, sync_to_thread=False, use_cache=True)},
        guards=[ids_exist],
        exception_handlers={
            MetarrError: problems.of_error,
            HTTPException: problems.of_http,
            Exception: problems.of_fault,
        },
        request_max_body_size=MOST_BODY,
        openapi_config=None,
        logging_config=None,
    )


def _flat(groups: tuple[Sequence[Any], ...]) -> list[Any]:
    return [handler for group in groups for handler in group]
