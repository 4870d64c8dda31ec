"""The rules by which a library's artwork is chosen: try others and see what would change, choose anew after a change."""

from typing import Any

from litestar import Controller, post
from msgspec import Struct

from metarr.db.queries import libraries
from metarr.db.queries.settings import bare_key, check_settings
from metarr.domain.taste import is_artwork_rule
from metarr.errors import Invalid
from metarr.messages.jobs import ChooseArtwork
from metarr.messages.requests import ArtworkSimulated, ItemMoved, PictureJudged, ScorePart, SimulateArtwork, SlotMoved
from metarr_api.inputs import Asked, content_type, decode, read_query
from metarr_api.paging import Page, PageQuery, seal, unseal
from metarr_api.parameters import Given, PathId
from metarr_api.problems import WrongContentType
from metarr_api.routes.artwork import AssetShown, preview_of
from metarr_api.routes.doing import JobStarted, found, start
from metarr_api.tools import Tools

_ORDER = "simulation"
_PATIENCE = 60.0
"""Seconds for a page of a simulation; a large library takes several pages."""


class PictureCompared(Struct, frozen=True, kw_only=True):
    """A picture in a slot. `score` and `score_parts` by the rules that are tried, `score_now` by those in force.

    `asset` is there once it is in the store; its `url` takes `?width=`. `preview_url` shows the picture small, whether it is there or
    not; it and `candidate_id` are null for a picture that nobody offers any more.
    """

    candidate_id: int | None
    source_type: str
    provider_name: str | None
    source_url: str
    width: int | None
    height: int | None
    language: str | None
    score: float
    score_parts: tuple[ScorePart, ...]
    score_now: float
    asset: AssetShown | None
    preview_url: str | None


class SlotChange(Struct, frozen=True, kw_only=True):
    """A slot that would show another picture. `why_not` says why the old one would not be shown any more."""

    asset_type: str
    old: PictureCompared | None
    new: PictureCompared
    why_not: str | None


class ItemChange(Struct, frozen=True, kw_only=True):
    """A film or collection and its slots that would change."""

    entity_type: str
    entity_id: int
    title: str
    slots: list[SlotChange]


class SimulationPage(Page[ItemChange], frozen=True, kw_only=True):
    """Items that would change. The counts are of slots, among the `items_seen` of this page; `total` are all items of the library.

    A page may hold fewer items than asked for, also none, and still not be the last.
    """

    changed: int
    unchanged: int
    locked: int
    items_seen: int


class ArtworkRuleRoutes(Controller):
    """Try the rules of a library's artwork, and choose anew."""

    @post(
        "/libraries/{library_id:int}/artwork/simulation",
        status_code=200,
        opt={"body": dict[str, Any], "query": PageQuery},
    )
    async def simulate_artwork(self, library_id: PathId, request: Asked, tools: Given) -> SimulationPage:
        """What would change if these settings were saved: the body is that of `PATCH /settings`, artwork rules only.

        Nothing is saved or downloaded. The settings are sent again for each page. 503 when nobody is there to ask.
        """
        query = read_query(request, PageQuery)
        place = unseal(tools.key, _ORDER, query.cursor, tuple[bool, int]) or (False, 0)
        settings = await _rules(request, library_id)
        async with tools.db.read() as conn:
            found(await libraries.load_library(conn, library_id), "library", library_id)
        question = SimulateArtwork(
            library_id=library_id, settings=settings, collections=place[0], after=place[1], limit=query.limit
        )
        return _page(tools, await tools.bus.ask(question, ArtworkSimulated, timeout=_PATIENCE))

    @post("/libraries/{library_id:int}/artwork/choose", status_code=202)
    async def choose_artwork(self, library_id: PathId, request: Asked, tools: Given) -> JobStarted:
        """Choose the artwork of all films anew, in the background, after rules have changed; locked slots stay."""
        async with tools.db.read() as conn:
            found(await libraries.load_library(conn, library_id), "library", library_id)
        return await start(tools, request, ChooseArtwork(library_id=library_id))


async def _rules(request: Asked, library_id: int) -> dict[str, Any]:
    """Raises Invalid naming each key that is no rule of this library's artwork, or has no value of the right form."""
    if content_type(request) != "application/json":
        raise WrongContentType("the body must be JSON, with content-type: application/json")
    given = decode(await request.body())
    if not isinstance(given, dict):
        raise Invalid("the body must be a JSON object")
    check_settings(given)
    wrong = {key: why for key in given if (why := _not_for(key, library_id)) is not None}
    if wrong:
        raise Invalid("some settings cannot be tried here", wrong)
    return given


def _not_for(key: str, library_id: int) -> str | None:
    bare = bare_key(key)
    if not is_artwork_rule(bare):
        return "has no say in the choice of artwork"
    return None if key in (bare, f"library.{library_id}.{bare}") else "is about another library"


def _page(tools: Tools, said: ArtworkSimulated) -> SimulationPage:
    return SimulationPage(
        items=[_item(tools, item) for item in said.items],
        next_cursor=None if said.last is None else seal(tools.key, _ORDER, said.last),
        total=said.items_total,
        changed=said.changed,
        unchanged=said.unchanged,
        locked=said.locked,
        items_seen=said.items_seen,
    )


def _item(tools: Tools, item: ItemMoved) -> ItemChange:
    return ItemChange(
        entity_type=item.entity_type,
        entity_id=item.entity_id,
        title=item.title,
        slots=[_slot(tools, slot) for slot in item.slots],
    )


def _slot(tools: Tools, slot: SlotMoved) -> SlotChange:
    old = None if slot.old is None else _picture(tools, slot.old)
    return SlotChange(asset_type=slot.asset_type, old=old, new=_picture(tools, slot.new), why_not=slot.why_not)


_SAME = tuple(name for name in PictureCompared.__struct_fields__ if name in PictureJudged.__struct_fields__)


def _picture(tools: Tools, judged: PictureJudged) -> PictureCompared:
    asset = None
    if judged.content_hash is not None:
        asset = AssetShown(
            url=f"{tools.asset_prefix}{judged.content_hash}",
            content_hash=judged.content_hash,
            mime_type=judged.mime_type or "",
            width=judged.width,
            height=judged.height,
            file_size=judged.file_size or 0,
            source_type=judged.source_type,
            provider_name=judged.provider_name,
        )
    preview = None if judged.candidate_id is None else preview_of(tools, judged.candidate_id)
    return PictureCompared(**{name: getattr(judged, name) for name in _SAME}, asset=asset, preview_url=preview)
