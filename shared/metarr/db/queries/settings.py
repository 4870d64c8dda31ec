"""app_settings: what a person set, laid over the defaults of metarr.domain.settings."""

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
    texts = {key: msgspec.json.encode(value).decode() for key, value in values.items() if value is not None}
    wrong = {key: _why(key) for key in values if _bare(key) not in KEYS}
    wrong |= {
        key: "has a value of the wrong form"
        for key, text in texts.items()
        if key not in wrong and not _fits(_bare(key), text)
    }
    if wrong:
        raise Invalid("some settings cannot be stored", wrong)
    await conn.execute(PUT, list(texts), list(texts.values()))
    await conn.execute(FORGET, [key for key, value in values.items() if value is None])


def _bare(key: str) -> str:
    """`library.3.publish.auto` → `publish.auto`."""
    head, _, rest = key.partition(".")
    number, _, bare = rest.partition(".")
    return bare if head == "library" and number.isdigit() else key


def _fits(key: str, text: str) -> bool:
    try:
        msgspec.convert({key: msgspec.json.decode(text)}, type=Settings)
    except (msgspec.ValidationError, msgspec.DecodeError):
        return False
    return True


def _why(key: str) -> str:
    return f"{key} is not a setting; see GET /settings for those there are"
