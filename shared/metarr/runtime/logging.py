"""Logging: one canonical line per job and request, secrets never, console or JSON."""

import logging
import re
import sys
from collections.abc import Iterable
from typing import Any

import structlog

from metarr.runtime.environment import Environment

_SECRET_KEYS = re.compile(r"key|token|secret|password|authorization", re.IGNORECASE)
_SECRET_IN_TEXT = re.compile(
    r"((?:api_?key|token|password|client_key)[\"']?\s*[=:]\s*[\"']?)[^\s&\"',]+|(://[^/:@\s]*:)[^@/\s]+(?=@)",
    re.IGNORECASE,
)
_QUIET = (
    "httpx",
    "httpcore",
    "hishel",
    "guessit",
    "rebulk",
    "PIL",
    "libav",
    "nats",
    "asyncio",
    "aiosqlite",
    "sqlalchemy",
)


class _Redact:
    """Takes secrets out of every event: by the name of a field, by their form in a text, and known values wherever they stand."""

    def __init__(self, secrets: Iterable[str | None]) -> None:
        self._known = [secret for secret in secrets if secret and len(secret) >= 8]

    def __call__(self, _logger: Any, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
        return {key: self._clean(key, value) for key, value in event.items()}

    def _clean(self, key: str, value: Any) -> Any:
        if _SECRET_KEYS.search(key) and isinstance(value, str) and key != "unique_key":
            return "***"
        if not isinstance(value, str):
            return value
        for secret in self._known:
            value = value.replace(secret, "***")
        return _SECRET_IN_TEXT.sub(r"\1\2***", value)


def configure_logging(service: str, environment: Environment) -> None:
    """Send everything, also what libraries log, to standard error in one form."""
    secrets = [getattr(environment, name) for name in Environment.__struct_fields__ if name.endswith("api_key")]
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _Redact(secrets),
    ]
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if environment.log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), pad_event_to=28)
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(_level(environment)),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    logging.root.handlers = [handler]
    logging.root.setLevel(_level(environment))
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(logging.WARNING, _level(environment)))
    # What it says of a lost connection we say ourselves, in one line.
    logging.getLogger("asyncpg").setLevel(logging.CRITICAL)
    structlog.contextvars.bind_contextvars(service=service)


def _level(environment: Environment) -> int:
    return int(getattr(logging, environment.log_level.upper()))
