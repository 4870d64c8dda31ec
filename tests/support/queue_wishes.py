"""What somebody may ask of the queue, as the model and as the queue understand it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from metarr.queue import Debounce, NewJob
from support.queue_model import Request
from support.queueing import KINDS, job


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    """Parents are counted from the youngest job, -1 is one that nothing can wait for. Times are minutes from now."""

    priority: int
    kind: str
    key: str | None
    parents: list[int]
    flag: bool
    after: int | None
    gathers: tuple[int, int] | None


hours = st.sampled_from([60, 120, 180])
wishes = st.builds(
    Wish,
    priority=st.sampled_from([5, 10, 2, 1]),
    kind=st.sampled_from(KINDS),
    key=st.sampled_from([None, "wall", "roof", "door"]),
    parents=st.lists(st.sampled_from([0, 1, 2, 3, 4, 5] * 10 + [-1]), max_size=2),
    flag=st.booleans(),
    after=st.sampled_from([None, None, None, None, 60, 120, -60]),
    gathers=st.none() | st.none() | st.none() | st.tuples(hours, hours),
)


def request(wish: Wish, *, number: int, now: int, parent: Callable[[int], int | None]) -> Request:
    """For the model. Only what has a key can gather."""
    wait, most = wish.gathers if wish.gathers is not None and wish.key is not None else (None, None)
    after = wait if wait is not None else wish.after
    return Request(
        kind=wish.kind,
        priority=wish.priority,
        key=wish.key,
        payload={"number": number, "full": wish.flag},
        parents=tuple(dict.fromkeys(job_id for place in wish.parents if (job_id := parent(place)) is not None)),
        due=now + after if after is not None and after > 0 else None,
        until=None if most is None else now + most,
    )


def new_job(asked: Request, wish: Wish) -> NewJob:
    """For the queue."""
    debounce = None
    if asked.until is not None and wish.gathers is not None:
        wait, most = wish.gathers
        debounce = Debounce(wait=timedelta(minutes=wait), most=timedelta(minutes=most))
    return job(
        kind=asked.kind,
        priority=asked.priority,
        unique_key=asked.key,
        payload=asked.payload,
        depends_on=asked.parents,
        run_at=None if wish.after is None else datetime.now(UTC) + timedelta(minutes=wish.after),
        debounce=debounce,
    )
