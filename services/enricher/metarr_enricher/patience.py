"""When a job had better come back later instead of storing the little it has."""

from collections.abc import Iterable

from metarr.errors import MetarrError, ProviderRateLimited, Retry, Snooze, Transient
from metarr.http import ProviderResting
from metarr.runtime.work import Work


def come_back_later(failures: Iterable[MetarrError], work: Work) -> None:
    """Raises what makes the queue bring the job back; returns when waiting helps nothing or the job came back often enough.

    Raises Snooze while a breaker is open, Retry when a provider asked to wait, and other passing failures as they are.
    """
    passing = [failure for failure in failures if isinstance(failure, Transient)]
    for failure in passing:
        if isinstance(failure, ProviderResting):
            raise Snooze(str(failure), until=work.clock.now() + failure.after) from failure
    if not passing or work.job.retry_count >= work.job.max_retries:
        return
    limited = [failure for failure in passing if isinstance(failure, ProviderRateLimited)]
    if limited:
        longest = max(limited, key=lambda failure: failure.after)
        raise Retry(str(longest), after=longest.after) from longest
    raise passing[0]
