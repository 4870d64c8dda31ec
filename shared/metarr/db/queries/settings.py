"""app_settings: what a person set, laid over the defaults of metarr.domain.settings."""

from collections.abc import Mapping
from typing import Any

import msgspec

from metarr.db.database import Connection
from metarr.domain.settings import Settings
from metarr.errors import Invalid

ALL = "SELECT key, value FROM app_settings"

PUT = """
INSERT INTO app_settings (key, value) SELECT * FROM unnest($1::text[], $2::text[])
ON CONFLICT (key) DO UPDATE SET value = excluded.value WHERE app_settings.value IS DISTINCT FROM excluded.value
"""

FORGET = "DELETE FROM app_settings WHERE key = ANY($1::text[])"

KEYS: tuple[str, ...] = tuple(field.encode_name for field in msgspec.structs.fields(Settings))


async def load_settings(conn: Connection, library_id: int | None) -> Settings:
    """The settings that hold for a library, or for none: `library.<id>.<key>` before `<key>` before the default."""
    return settings_from(await load_rows(conn), library_id)


async def load_rows(conn: Connection) -> dict[str, str]:
    """Everything that was set, by dotted key, as JSON texts."""
    return {row["key"]: row["value"] for row in await conn.fetch(ALL)}


def settings_from(rows: dict[str, str], library_id: int | None) -> Settings:
    """Values are JSON in text; a row that does not fit is passed over, so that a bad one cannot stop the house."""
    prefix = f"library.{library_id}."
    values: dict[str, Any] = {}
    for key in KEYS:
        for name in (prefix + key, key):
            if name in rows and _fits(key, rows[name]):
                values[key] = msgspec.json.decode(rows[name])
                break
    return msgspec.convert(values, type=Settings)


async def save_settings(conn: Connection, values: dict[str, Any]) -> None:
    """Store settings by dotted key; None goes back to the default. Raises Invalid naming each bad key."""
    check_settings(values)
    texts = {key: _text(value) for key, value in values.items() if value is not None}
    await conn.execute(PUT, list(texts), list(texts.values()))
    await conn.execute(FORGET, [key for key, value in values.items() if value is None])


def check_settings(values: Mapping[str, Any]) -> None:
    """Raises Invalid naming each key that is none and each value that does not fit, with the place within it."""
    wrong = {key: _why(key) for key in values if bare_key(key) not in KEYS}
    for key, value in values.items():
        if key not in wrong and value is not None:
            misfit = _misfit(bare_key(key), _text(value))
            wrong |= {} if misfit is None else {key: f"has a value of the wrong form: {misfit}"}
    if wrong:
        raise Invalid("some settings cannot be stored", wrong)


def laid_over(rows: Mapping[str, str], values: Mapping[str, Any]) -> dict[str, str]:
    """The rows as they would be if `values` were saved."""
    kept = {key: text for key, text in rows.items() if key not in values}
    return kept | {key: _text(value) for key, value in values.items() if value is not None}


def bare_key(key: str) -> str:
    """`library.3.publish.auto` → `publish.auto`."""
    head, _, rest = key.partition(".")
    number, _, bare = rest.partition(".")
    return bare if head == "library" and number.isdigit() else key


def _fits(key: str, text: str) -> bool:
    return _misfit(key, text) is None


def _misfit(key: str, text: str) -> str | None:
    """What is wrong with a value, and where in it; None for nothing."""
    try:
        msgspec.convert({key: msgspec.json.decode(text)}, type=Settings)
    except msgspec.ValidationError as wrong:
        words, _, place = str(wrong).replace("`", "").partition(" - at $.")
        return f"{place.removeprefix(key).lstrip('.')}: {words}".removeprefix(": ")
    except msgspec.DecodeError as wrong:
        return str(wrong)
    return None


def _text(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _why(key: str) -> str:
    return f"{key} is not a setting; see GET /settings for those there are"
