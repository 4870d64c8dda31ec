"""Settings and providers: what a person can tune. Keys of providers go in and never come out."""

from typing import Annotated, Any

import msgspec
from litestar import Controller, get, patch
from msgspec import UNSET, Meta, Struct, UnsetType

from metarr.db import Connection
from metarr.db.queries import libraries
from metarr.db.queries.pauses import reasons_of
from metarr.db.queries.provider_settings import change_provider, show_providers
from metarr.db.queries.providers import DEFAULTS
from metarr.db.queries.settings import load_rows, save_settings, settings_from
from metarr.errors import Invalid, NotFound
from metarr_api.inputs import Asked, content_type, decode, read_body, understand
from metarr_api.paging import Page
from metarr_api.parameters import Given, PathWord
from metarr_api.problems import WrongContentType
from metarr_api.words import BIGGEST_ID

_NEED_KEYS = frozenset({"tmdb", "fanart_tv", "omdb", "tvdb", "theaudiodb"})
_NAMES = tuple(provider.provider_name for provider in DEFAULTS)
_MOST_SETTINGS = 500

Secret = Annotated[str, Meta(max_length=2000, pattern=r"^[\x21-\x7e]*$")]
PerSecond = Annotated[float, Meta(gt=0, le=1000)]
Place = Annotated[int, Meta(ge=1, le=1000)]


class ProviderShown(Struct, frozen=True, kw_only=True):
    """A provider. `rate_limit_per_second` null is no limit; lower `priority` goes first, null comes last. A paused one is asked
    nothing, and jobs that would ask it wait."""

    provider_name: str
    enabled: bool
    requires_api_key: bool
    has_api_key: bool
    rate_limit_per_second: float | None
    priority: int | None
    paused: bool
    pause_reason: str | None


class ProviderEdit(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is not given stays; null clears."""

    enabled: bool | UnsetType = UNSET
    api_key: Secret | UnsetType | None = UNSET
    rate_limit_per_second: PerSecond | UnsetType | None = UNSET
    priority: Place | UnsetType | None = UNSET


class SettingRoutes(Controller):
    """Settings and providers."""

    @get("/providers")
    async def get_providers(self, tools: Given) -> Page[ProviderShown]:
        """All providers; whether a key is stored, not which."""
        async with tools.db.read() as conn:
            return await _providers(conn)

    @patch("/providers", opt={"body": dict[str, ProviderEdit]})
    async def edit_providers(self, request: Asked, tools: Given) -> Page[ProviderShown]:
        """Change several at once: `{"tmdb": {"api_key": …}}`."""
        edits = {name: understand_provider(name, given) for name, given in (await _object(request)).items()}
        async with tools.db.transaction() as conn:
            for name, edit in sorted(edits.items()):
                await change_provider(conn, name, _given(edit))
            return await _providers(conn)

    @patch("/providers/{provider_name:str}", opt={"body": ProviderEdit})
    async def edit_provider(self, provider_name: PathWord, request: Asked, tools: Given) -> ProviderShown:
        """Change one; takes effect with the next job, without a restart."""
        known_provider(provider_name)
        edit = await read_body(request, ProviderEdit)
        async with tools.db.transaction() as conn:
            await change_provider(conn, provider_name, _given(edit))
            return await show_provider(conn, provider_name)

    @get("/settings")
    async def get_settings(self, tools: Given) -> dict[str, Any]:
        """All settings by dotted key, with their defaults; `library.<id>.<key>` where a library differs."""
        async with tools.db.read() as conn:
            return await _settings(conn)

    @patch("/settings", opt={"body": dict[str, Any]})
    async def edit_settings(self, request: Asked, tools: Given) -> dict[str, Any]:
        """Set by dotted key; null goes back to the default."""
        values = await _object(request)
        if len(values) > _MOST_SETTINGS:
            raise Invalid(f"at most {_MOST_SETTINGS} settings at once")
        async with tools.db.transaction() as conn:
            await _check_libraries(conn, values)
            await save_settings(conn, values)
            return await _settings(conn)


def known_provider(name: str) -> str:
    """The name itself. Raises NotFound."""
    if name not in _NAMES:
        raise NotFound(f"there is no provider {name}; there are {', '.join(_NAMES)}")
    return name


async def show_provider(conn: Connection, name: str) -> ProviderShown:
    """One that is known."""
    page = await _providers(conn)
    return next(row for row in page.items if row.provider_name == name)


def understand_provider(name: str, given: Any) -> ProviderEdit:
    """Raises Invalid naming each bad field with its provider."""
    if name not in _NAMES:
        raise Invalid("some providers do not exist", {name: f"is none of {', '.join(_NAMES)}"})
    if not isinstance(given, dict):
        raise Invalid("some fields cannot be accepted", {name: "must be an object"})
    try:
        return understand(given, ProviderEdit)
    except Invalid as wrong:
        raise Invalid(str(wrong), {f"{name}.{field}": words for field, words in wrong.errors.items()}) from None


async def _object(request: Asked) -> dict[str, Any]:
    if content_type(request) != "application/json":
        raise WrongContentType("the body must be JSON, with content-type: application/json")
    given = decode(await request.body())
    if not isinstance(given, dict):
        raise Invalid("the body must be a JSON object")
    return given


def _given(edit: ProviderEdit) -> dict[str, Any]:
    values = {name: getattr(edit, name) for name in edit.__struct_fields__}
    return {name: value for name, value in values.items() if value is not UNSET}


async def _providers(conn: Connection) -> Page[ProviderShown]:
    """Those in the table, and those that nobody has seeded yet as they will be."""
    rows = {row["provider_name"]: row for row in await show_providers(conn)}
    defaults = {d.provider_name: {**msgspec.structs.asdict(d), "has_api_key": False} for d in DEFAULTS}
    known = {**defaults, **rows}
    paused = await reasons_of(conn, [f"provider:{name}" for name in known])
    pauses = {name: paused.get(f"provider:{name}") for name in known}
    more = {
        name: {"requires_api_key": name in _NEED_KEYS, "paused": reason is not None, "pause_reason": reason}
        for name, reason in pauses.items()
    }
    shown = [msgspec.convert({**row, **more[name]}, ProviderShown) for name, row in known.items()]
    shown.sort(key=lambda row: (row.priority is None, row.priority or 0, row.provider_name))
    return Page(items=shown, total=len(shown))


async def _settings(conn: Connection) -> dict[str, Any]:
    rows = await load_rows(conn)
    values: dict[str, Any] = msgspec.to_builtins(settings_from(rows, None))
    for key in sorted(rows):
        library = _library_of(key)
        if library is not None:
            bare = key.split(".", 2)[2]
            values[key] = msgspec.to_builtins(settings_from(rows, library)).get(bare)
    return values


async def _check_libraries(conn: Connection, values: dict[str, Any]) -> None:
    wrong = {}
    for key in values:
        library = _library_of(key)
        if library is not None and (
            not 1 <= library <= BIGGEST_ID or await libraries.load_library(conn, library) is None
        ):
            wrong[key] = "there is no such library"
    if wrong:
        raise Invalid("some settings cannot be stored", wrong)


def _library_of(key: str) -> int | None:
    """The library that `library.<id>.<key>` is about; None for a setting of the whole house."""
    head, _, rest = key.partition(".")
    number, _, bare = rest.partition(".")
    return int(number) if head == "library" and bare and number.isascii() and number.isdigit() else None
