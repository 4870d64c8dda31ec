"""How often a provider may be asked, and the pause it asks for itself.

The budget is a rate per second. A fifth of it is kept for what a person waits for (priority 1 and 2): background work
passes through a narrower gate first (BEHAVIOUR.md 2.4). A 429 stops everybody for as long as Retry-After says, and where
it says nothing for 1 s, 2 s, 4 s … up to 30 s.
"""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from aiolimiter import AsyncLimiter

KEPT_FOR_PEOPLE = 0.20
PERSON_WAITS = 2
"""Priorities up to this one have somebody waiting."""

LONGEST_GUESS_SECONDS = 30.0
LONGEST_PAUSE_SECONDS = 3600.0


class Budget:
    """The gate of one provider."""

    def __init__(self, per_second: float) -> None:
        self.per_second = per_second
        self._all = _limiter(per_second)
        self._background = _limiter(per_second * (1 - KEPT_FOR_PEOPLE))

    def has_room(self, priority: int) -> bool:
        """Whether a call may go out at once."""
        return self._all.has_capacity() and (priority <= PERSON_WAITS or self._background.has_capacity())

    async def spend(self, priority: int) -> None:
        """Wait until one more call is within the budget."""
        if priority > PERSON_WAITS:
            await self._background.acquire()
        await self._all.acquire()


class Pause:
    """The pause of one provider; times are seconds that only grow."""

    def __init__(self) -> None:
        self._until = 0.0
        self._in_a_row = 0

    def left(self, now: float) -> float:
        """Seconds until the provider may be asked again."""
        return max(0.0, self._until - now)

    def begin(self, now: float, retry_after: float | None) -> float:
        """The provider answered 429. Returns the length of the pause."""
        guess = min(2.0**self._in_a_row, LONGEST_GUESS_SECONDS)
        length = guess if retry_after is None else min(retry_after, LONGEST_PAUSE_SECONDS)
        self._in_a_row += 1
        self._until = max(self._until, now + length)
        return length

    def end(self) -> None:
        """The provider answered normally."""
        self._in_a_row = 0


def retry_after_seconds(header: str | None, now: datetime) -> float | None:
    """What a Retry-After header says, in seconds: it holds a number or a date (RFC 9110 10.2.3). None when it says nothing."""
    if not header:
        return None
    if header.strip().isdigit():
        return float(header)
    try:
        moment = parsedate_to_datetime(header)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now) / timedelta(seconds=1))


def _limiter(per_second: float) -> AsyncLimiter:
    """A bucket that holds one second's worth of calls, and one call where the rate is below one a second."""
    size = max(per_second, 1.0)
    return AsyncLimiter(size, size / per_second)
