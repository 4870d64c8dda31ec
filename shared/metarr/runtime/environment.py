"""What the environment says: every METARR_* variable, checked once at the start."""

import difflib
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from metarr.errors import ConfigurationError

_PREFIX = "METARR_"
_FOREIGN = frozenset({"METARR_FIXTURES", "METARR_TEST_SERVERS", "METARR_VERSION"})
"""Names that belong to the tests and the image, not to a running service."""


class Environment(Struct, frozen=True, kw_only=True):
    """Field `x` is variable METARR_X. Provider addresses can be pointed at a stand-in (CONTRACT.md, "Environment")."""

    data_dir: str = ""
    host: str = "127.0.0.1"
    port: int = 8787
    base_path: str = ""
    database_url: str | None = None
    nats_url: str | None = None
    api_key: str | None = None
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["console", "json"] = "console"
    worker_id: str | None = None
    tmdb_url: str = "https://api.themoviedb.org/3"
    tmdb_image_url: str = "https://image.tmdb.org/t/p"
    fanarttv_url: str = "https://webservice.fanart.tv/v3"
    tvdb_url: str = "https://api4.thetvdb.com/v4"
    tvmaze_url: str = "https://api.tvmaze.com"
    omdb_url: str = "https://www.omdbapi.com"
    musicbrainz_url: str = "https://musicbrainz.org/ws/2"
    coverartarchive_url: str = "https://coverartarchive.org"
    theaudiodb_url: str = "https://www.theaudiodb.com/api/v1/json"
    tmdb_api_key: str | None = None
    fanarttv_api_key: str | None = None
    omdb_api_key: str | None = None
    tvdb_api_key: str | None = None
    theaudiodb_api_key: str | None = None

    @property
    def asset_dir(self) -> str:
        """Where the content-addressed store lies."""
        return str(Path(self.data_dir) / "cache" / "assets")


def read_environment(variables: Mapping[str, str] | None = None) -> Environment:
    """Read and check the environment.

    Raises ConfigurationError, in one line, for an unknown METARR_* name or a value of the wrong form.
    """
    variables = os.environ if variables is None else variables
    given = {name: value for name, value in variables.items() if name.startswith(_PREFIX) and name not in _FOREIGN}
    known = {_PREFIX + name.upper(): name for name in Environment.__struct_fields__}
    for name in sorted(given):
        if name not in known:
            raise ConfigurationError(f"{name} is not a variable that Metarr knows{_nearest(name, known)}")
    values = {known[name]: value for name, value in given.items() if value != ""}
    values["data_dir"] = str(_data_dir(values.get("data_dir"), variables))
    environment = _convert(values)
    _check(environment)
    return environment


def _data_dir(given: str | None, variables: Mapping[str, str]) -> Path:
    if given:
        return Path(given).expanduser().absolute()
    base = variables.get("XDG_DATA_HOME") or str(Path("~/.local/share").expanduser())
    return Path(base) / "metarr"


def _convert(values: dict[str, str]) -> Environment:
    try:
        return msgspec.convert(values, type=Environment, strict=False)
    except msgspec.ValidationError as wrong:
        field = re.search(r"`\$\.(\w+)`", str(wrong))
        name = _PREFIX + field.group(1).upper() if field else "a METARR_* variable"
        raise ConfigurationError(f"{name} has a value of the wrong form: {str(wrong).split(' - ')[0]}") from wrong


def _check(environment: Environment) -> None:
    if not 1 <= environment.port <= 65535:
        raise ConfigurationError(f"METARR_PORT must be between 1 and 65535, not {environment.port}")
    if environment.base_path and not re.fullmatch(r"(/[A-Za-z0-9._~-]+)+", environment.base_path):
        raise ConfigurationError("METARR_BASE_PATH must look like /metarr: a leading slash and no trailing one")
    if environment.api_key is not None and len(environment.api_key) < 8:
        raise ConfigurationError("METARR_API_KEY must have at least 8 characters")
    for field in Environment.__struct_fields__:
        value = getattr(environment, field)
        if field.endswith("_url") and value is not None:
            _check_url(_PREFIX + field.upper(), value, _SCHEMES.get(field, ("http", "https")))


_SCHEMES = {"database_url": ("postgresql", "postgres"), "nats_url": ("nats", "tls")}


def _check_url(name: str, value: str, schemes: tuple[str, ...]) -> None:
    parts = urlsplit(value)
    if parts.scheme not in schemes or not (parts.netloc or parts.query):
        raise ConfigurationError(
            f"{name} must be an address that starts with {' or '.join(s + '://' for s in schemes)}"
        )


def _nearest(name: str, known: Mapping[str, str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean {near[0]}?" if near else ""
