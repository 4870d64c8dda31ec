"""The job_queue table: enqueue, claim, complete, release, rescue. Nothing of media.

States: pending (with a place in the line, or waiting for a time, a dependency or the end of a pause) → running → completed |
failed | cancelled; running goes back to pending by retry, snooze, hold and rescue. docs/adr/0004 tells why the table has this
shape, docs/queue.md what each statement is for.
"""

from metarr.queue.claim import claim, find_aged, promote, shift
from metarr.queue.control import cancel, pause, resume, retry, unhold
from metarr.queue.enqueue import enqueue
from metarr.queue.finish import (
    LeaseLostError,
    cancel_dependents,
    complete,
    complete_many,
    discard,
    fail,
    put_back,
    reconcile,
    release,
)
from metarr.queue.line import URGENT, Line
from metarr.queue.rows import ClaimedJob, Debounce, Enqueued, NewJob
from metarr.queue.workers import beat, bury, held, register, rescue, roll, take_back, unregister

__all__ = [
    "URGENT",
    "ClaimedJob",
    "Debounce",
    "Enqueued",
    "LeaseLostError",
    "Line",
    "NewJob",
    "beat",
    "bury",
    "cancel",
    "cancel_dependents",
    "claim",
    "complete",
    "complete_many",
    "discard",
    "enqueue",
    "fail",
    "find_aged",
    "held",
    "pause",
    "promote",
    "put_back",
    "reconcile",
    "register",
    "release",
    "rescue",
    "resume",
    "retry",
    "roll",
    "shift",
    "take_back",
    "unhold",
    "unregister",
]
