"""When a job had better come back later instead of storing the little it has; until then the film says what it waits for."""

from collections.abc import Iterable, Sequence

from metarr.db.queries.problems import set_problem
from metarr.errors import MetarrError, ProviderError, ProviderRateLimited, ProviderUnavailable, Retry, Snooze
from metarr.http import ProviderResting
from metarr.runtime.work import Work
from metarr_enricher.panel import WORDS


async def come_back_later(failures: Iterable[MetarrError], movie_id: int, work: Work) -> None:
    """Raises what makes the queue bring the job back; returns when waiting helps nothing or the job came back often enough.

    Raises Snooze while a breaker is open, Retry when a provider asked to wait, and other passing failures as they are. A job
    that comes back has its transaction rolled back, so what the film says meanwhile is written down in one of its own.
    """
    passing = [failure for failure in failures if isinstance(failure, ProviderUnavailable | ProviderRateLimited)]
    resting = next((failure for failure in passing if isinstance(failure, ProviderResting)), None)
    if resting is None and (not passing or work.job.retry_count >= work.job.max_retries):
        return
    await _tell(passing, movie_id, work)
    if resting is not None:
        raise Snooze(str(resting), until=work.clock.now() + resting.after) from resting
    limited = [failure for failure in passing if isinstance(failure, ProviderRateLimited)]
    if limited:
        longest = max(limited, key=lambda failure: failure.after)
        raise Retry(str(longest), after=longest.after) from longest
    raise passing[0]


async def _tell(failures: Sequence[ProviderError], movie_id: int, work: Work) -> None:
    reasons = {failure.provider: str(failure).removeprefix(f"{failure.provider}: ") for failure in failures}
    sentences = [f"{WORDS.get(name, name)}: {reason}; it is asked again later." for name, reason in reasons.items()]
    async with work.db.transaction() as conn:
        await set_problem(conn, "movie", movie_id, "enrich", " ".join(sentences), {"providers": reasons})
