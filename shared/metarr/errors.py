"""The tree of errors. Foreign exceptions are translated into one of these once, at the door where they enter."""

from datetime import datetime, timedelta


class MetarrError(Exception):
    """Root of everything Metarr raises on purpose; its text is written for the person who runs the server."""


class ConfigurationError(MetarrError):
    """An environment variable or setting is wrong; the start ends with this one line and exit code 2."""


class Transient(MetarrError):
    """May work later without anybody's doing: the queue backs off and tries again."""


class Permanent(MetarrError):
    """Will not work by waiting: the job fails at once and a person sees why."""


# What a handler raises to steer the queue.


class Retry(Transient):
    """Try again after `after`; counts as a retry."""

    def __init__(self, reason: str, *, after: timedelta | None = None) -> None:
        super().__init__(reason)
        self.after = after


class Snooze(MetarrError):
    """Not now: come back at `until`; does not count as a retry."""

    def __init__(self, reason: str, *, until: datetime) -> None:
        super().__init__(reason)
        self.until = until


class Hold(MetarrError):
    """What the job needs is paused by a person: it waits until the pause of `scope` (`provider:tmdb`) ends."""

    def __init__(self, reason: str, *, scope: str) -> None:
        super().__init__(reason)
        self.scope = scope


class Discard(MetarrError):
    """The job has lost its object (row gone, library deleted): it ends as cancelled with this reason."""


# Doors.


class DatabaseUnavailable(Transient):
    """PostgreSQL cannot be reached or dropped the connection."""


class BusUnavailable(Transient):
    """NATS cannot be reached; the queue goes on at polling speed."""


class NoAnswer(Transient):
    """A question on the bus found nobody to answer it in time."""


class ProviderError(MetarrError):
    """A provider did not give what was asked. `provider` is its `provider_config.provider_name`."""

    def __init__(self, provider: str, message: str) -> None:
        super().__init__(f"{provider}: {message}")
        self.provider = provider


class ProviderUnavailable(ProviderError, Transient):
    """Time-out, 5xx, connection refused, broken JSON, or an open breaker."""


class ProviderRateLimited(ProviderError, Transient):
    """429; `after` is what Retry-After said."""

    def __init__(self, provider: str, message: str, *, after: timedelta) -> None:
        super().__init__(provider, message)
        self.after = after


class ProviderRefused(ProviderError, Permanent):
    """401 or 403: the key is missing, wrong or blocked."""


class AddressRefused(Permanent):
    """The outgoing guard does not let a request go to this address."""


class StoreFull(Transient):
    """The store's disk has no room for a file; nothing of it was kept."""


class LibraryOffline(Transient):
    """The library's root is missing, empty or not the disk it was; nothing may be concluded from its contents."""


class MediaUnreadable(MetarrError):
    """A media file, NFO or image cannot be read; the item says so and everything else goes on."""


class ImageRefused(MediaUnreadable):
    """Not an image, not an allowed format, too large, or broken."""


class NfoUnreadable(MediaUnreadable):
    """An NFO that holds nothing usable or is refused for safety."""


class PublishFailed(Transient):
    """Some file could not be written; what lay there before is untouched."""


class NotFound(MetarrError):
    """No row with this id."""


class Conflict(MetarrError):
    """The state does not allow this."""


class Invalid(MetarrError):
    """Bad input; `errors` maps each bad field to what is wrong with it."""

    def __init__(self, message: str, errors: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.errors = errors or {}
