"""A circuit breaker: a provider that fails again and again is left in peace for a while.

Closed until FAILURES failures come in a row; then open for REST_SECONDS, when nothing is sent; then half-open: calls go
through, SUCCESSES in a row close it and one failure opens it again (BEHAVIOUR.md 2.4). It looks at no clock: the caller
says what time it is, in seconds that only grow.
"""

from datetime import timedelta
from typing import Literal

from metarr.errors import ProviderUnavailable

FAILURES = 5
REST_SECONDS = 300.0
SUCCESSES = 2

type State = Literal["closed", "open", "half-open"]


class ProviderResting(ProviderUnavailable):
    """The breaker is open; `after` is how long it stays so."""

    def __init__(self, provider: str, *, after: timedelta) -> None:
        minutes = max(1, round(after.total_seconds() / 60))
        super().__init__(provider, f"failed {FAILURES} times in a row and is left in peace for {minutes} min")
        self.after = after


class Breaker:
    """The state of one provider."""

    def __init__(self, provider: str) -> None:
        self._provider = provider
        self._failures = 0
        self._successes = 0
        self._open_until: float | None = None

    def state(self, now: float) -> State:
        if self._open_until is None:
            return "closed"
        return "open" if now < self._open_until else "half-open"

    def check(self, now: float) -> None:
        """Raises ProviderResting while the breaker is open."""
        if self._open_until is not None and now < self._open_until:
            raise ProviderResting(self._provider, after=timedelta(seconds=self._open_until - now))

    def succeeded(self) -> None:
        self._failures = 0
        self._successes += 1
        if self._successes >= SUCCESSES:
            self._open_until = None

    def failed(self, now: float) -> None:
        """A failure of a call that began before the breaker opened changes nothing any more."""
        state = self.state(now)
        self._successes = 0
        self._failures += 1
        if state == "half-open" or (state == "closed" and self._failures >= FAILURES):
            self._open_until = now + REST_SECONDS
