"""The application: all routes, in the layers that every request passes through."""

from typing import cast

from litestar import Controller, Litestar, Router
from litestar.di import Provide
from litestar.exceptions import HTTPException

from metarr.errors import MetarrError
from metarr_api import problems
from metarr_api.access import Access
from metarr_api.asgi import Application
from metarr_api.envelope import Envelope
from metarr_api.options import Options
from metarr_api.routes.artwork import artwork_routes
from metarr_api.routes.artwork_rules import ArtworkRuleRoutes
from metarr_api.routes.assets import AssetRoutes
from metarr_api.routes.collections import COLLECTION, CollectionRoutes
from metarr_api.routes.docs import DocRoutes
from metarr_api.routes.doing import ids_exist
from metarr_api.routes.events import EventRoutes
from metarr_api.routes.health import HealthRoutes
from metarr_api.routes.jobs import JobRoutes
from metarr_api.routes.libraries import LibraryRoutes
from metarr_api.routes.look_alikes import LookAlikeRoutes
from metarr_api.routes.movie_actions import MovieActionRoutes
from metarr_api.routes.movies import MOVIE, MovieRoutes
from metarr_api.routes.pauses import PauseRoutes
from metarr_api.routes.previews import PreviewRoutes
from metarr_api.routes.schedules import ScheduleRoutes
from metarr_api.routes.settings import SettingRoutes
from metarr_api.routes.system import MetricRoutes, SystemRoutes
from metarr_api.tools import Tools

MOST_BODY = 1_000_000
"""Bytes; uploads have a limit of their own."""

_UNDER_V1: tuple[type[Controller], ...] = (
    LibraryRoutes,
    MovieRoutes,
    MovieActionRoutes,
    artwork_routes(MOVIE, "movies"),
    CollectionRoutes,
    artwork_routes(COLLECTION, "collections"),
    ArtworkRuleRoutes,
    LookAlikeRoutes,
    AssetRoutes,
    PreviewRoutes,
    JobRoutes,
    PauseRoutes,
    ScheduleRoutes,
    EventRoutes,
    SettingRoutes,
    SystemRoutes,
)
_AT_BOTH: tuple[type[Controller], ...] = (DocRoutes, MetricRoutes)
"""Served at the root and under /api/v1."""


def create_application(tools: Tools) -> Application:
    """The whole: envelope around access around the routes."""
    routes = Options(cast("Application", create_routes(tools)))
    return Envelope(Access(routes, tools.key), tools.environment.base_path)


def create_routes(tools: Tools) -> Litestar:
    """The routes without the layers around them."""
    versioned = Router("/api/v1", route_handlers=[*_UNDER_V1, *_AT_BOTH])
    return Litestar(
        route_handlers=[HealthRoutes, *_AT_BOTH, versioned],
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
