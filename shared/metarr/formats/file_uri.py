"""Addresses of files: how asset_candidates and cache_assets say where a local picture lies (`source_url`)."""

import os
from urllib.parse import quote_from_bytes, unquote_to_bytes

_SCHEME = "file://"


def uri_of(path: str) -> str:
    """The file URI of an absolute path, whatever bytes are in it."""
    return _SCHEME + quote_from_bytes(os.fsencode(path))


def path_of(uri: str) -> str | None:
    """The path a file URI names, None for any other address."""
    if not uri.startswith(_SCHEME):
        return None
    return os.fsdecode(unquote_to_bytes(uri.removeprefix(_SCHEME)))
