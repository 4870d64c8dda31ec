"""What clients send, read strictly into Structs: bodies and query strings, with every bad field named at once."""

import re
from collections.abc import Mapping
from typing import Any, get_args, get_origin

import msgspec
from litestar import Request
from msgspec import Struct
from msgspec.structs import FieldInfo, fields

from metarr.errors import Invalid
from metarr_api.problems import WrongContentType

Asked = Request[Any, Any, Any]

_PLACE = re.compile(r" - at `\$(?:\.)?([^`]*)`$")
_JSON = "application/json"


async def read_body[S: Struct](request: Asked, kind: type[S], *, optional: bool = False) -> S:
    """The JSON body as a `kind`; `optional` takes an empty body for an empty object.

    Raises WrongContentType, and Invalid naming each bad field.
    """
    body = await request.body()
    if not body and optional:
        return msgspec.convert({}, type=kind)
    if content_type(request) != _JSON:
        raise WrongContentType("the body must be JSON, with content-type: application/json")
    return understand(decode(body), kind)


def read_query[S: Struct](request: Asked, kind: type[S]) -> S:
    """The query string as a `kind`; what it does not know is passed over. Raises Invalid naming each bad parameter."""
    known = {field.encode_name for field in fields(kind)}
    values = {name: given for name, given in request.query_params.dict().items() if name in known}
    query = understand({name: given[0] for name, given in values.items()}, kind, strict=False)
    # The word "null" would pass for an absent value where a number is wanted.
    wrong = {name: "cannot be null" for name in values if getattr(query, name) is None}
    wrong |= {name: "is given more than once" for name, given in values.items() if len(given) > 1}
    if wrong:
        raise Invalid("some parameters cannot be accepted", wrong)
    return query


def content_type(request: Asked) -> str:
    """The media type of the body, without parameters, in lower case."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def decode(body: bytes) -> Any:
    """Plain data from JSON. Raises Invalid."""
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as wrong:
        raise Invalid(f"the body is not JSON that can be read: {wrong}") from None


def understand[S: Struct](given: Any, kind: type[S], *, strict: bool = True) -> S:
    """Plain data as a `kind`. Raises Invalid naming each bad field."""
    if not isinstance(given, dict):
        raise Invalid("the body must be a JSON object")
    try:
        return msgspec.convert(given, type=kind, strict=strict)
    except msgspec.ValidationError as wrong:
        bad = _bad_fields(given, kind, strict) or {"": _words(str(wrong))}
        raise Invalid(
            "some fields cannot be accepted" if strict else "some parameters cannot be accepted", bad
        ) from None


def _bad_fields(given: Mapping[str, Any], kind: type[Struct], strict: bool) -> dict[str, str]:
    """msgspec stops at the first bad field; a person wants to know all of them."""
    known = {field.encode_name: field for field in fields(kind)}
    bad = {str(name): "is not a field that can be set" for name in given if name not in known}
    for name, field in known.items():
        if name in given:
            bad |= _bad_value(name, field, given[name], strict)
        elif field.required:
            bad[name] = "is required"
    return bad if kind.__struct_config__.forbid_unknown_fields else {k: v for k, v in bad.items() if k in known}


def _bad_value(name: str, field: FieldInfo, value: Any, strict: bool) -> dict[str, str]:
    try:
        msgspec.convert(value, type=_without_unset(field.type), strict=strict)
    except msgspec.ValidationError as wrong:
        place = _PLACE.search(str(wrong))
        inner = place.group(1) if place else ""
        return {
            f"{name}{inner}" if inner.startswith("[") else ".".join(filter(None, (name, inner))): _words(str(wrong))
        }
    return {}


def _without_unset(annotation: Any) -> Any:
    """UNSET stands for "not given" and is no type of its own outside a Struct."""
    if type(None) is annotation or get_origin(annotation) is None:
        return annotation
    kept = [part for part in get_args(annotation) if part is not msgspec.UnsetType]
    if len(kept) == len(get_args(annotation)):
        return annotation
    whole = kept[0]
    for part in kept[1:]:
        whole = whole | part
    return whole


def _words(error: str) -> str:
    """msgspec's words without its notation of the place, which has become the field's name, and without patterns."""
    words = _PLACE.sub("", error).replace("`", "")
    return "is not of the form that is needed here" if "matching regex" in words else words
