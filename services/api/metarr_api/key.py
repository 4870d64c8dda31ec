"""The key that opens the API: given by the environment, or made at the first start and kept for its owner only."""

import os
import secrets
from pathlib import Path

from metarr.errors import ConfigurationError
from metarr.runtime.environment import Environment


def load_key(environment: Environment) -> str:
    """METARR_API_KEY, else the text of `<data_dir>/api_key`, which is made (0600) when it is missing.

    Raises ConfigurationError when the file can be neither read nor written.
    """
    if environment.api_key is not None:
        return environment.api_key
    path = Path(environment.data_dir) / "api_key"
    try:
        return _read(path) or _make(path)
    except OSError as fault:
        raise ConfigurationError(f"the API key in {path} cannot be used: {fault.strerror}") from fault


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8").strip() or None
    except FileNotFoundError:
        return None


def _make(path: Path) -> str:
    """Another process may make it at the same time: whoever links the file first wins, both use that one."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with open(descriptor, "w", encoding="utf-8") as file:
        file.write(secrets.token_hex(32))
        file.flush()
        os.fsync(file.fileno())
    try:
        if path.exists():
            beside.replace(path)  # an empty file is no key
        else:
            os.link(beside, path)
    except FileExistsError:
        pass
    finally:
        beside.unlink(missing_ok=True)
    return path.read_text(encoding="utf-8").strip()
