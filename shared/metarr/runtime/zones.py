"""Time zones by name, and the one that this machine lives in."""

import os
import re
from zoneinfo import ZoneInfo

from metarr.errors import Invalid

LOCAL = "local"
"""The zone of the server: a night's work comes at night where people sleep, without a word from them."""

_LOCALTIME = "/etc/localtime"
_NAME = re.compile(r"[A-Za-z0-9_+-]+(?:/[A-Za-z0-9_+-]+){0,2}")


def zone_of(name: str) -> ZoneInfo:
    """The zone of an IANA name, or of `local`. Raises Invalid, with the reason in words."""
    if name == LOCAL:
        return _local()
    zone = _find(name)
    if zone is None:
        raise Invalid("must be the name of a time zone, as Europe/Berlin, or local")
    return zone


def _local() -> ZoneInfo:
    """What TZ says, as containers have it; else what the system is set to; else UTC."""
    named = os.environ.get("TZ", "").removeprefix(":")
    linked = os.path.realpath(_LOCALTIME).rpartition("zoneinfo/")[2]
    return _find(named) or _find(linked) or ZoneInfo("UTC")


def _find(name: str) -> ZoneInfo | None:
    if not _NAME.fullmatch(name):
        return None
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, LookupError):
        # A folder of zones, as Europe, and a file that holds none are no zones either.
        return None
