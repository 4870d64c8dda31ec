"""The job_queue table: enqueue, claim, complete, release, rescue. Nothing of media.

States: pending (with a place in the line, or waiting for a time or a dependency) → running → completed | failed |
cancelled; running goes back to pending by retry, snooze and rescue. docs/adr/0004 tells why the table has this shape.
"""

from metarr.queue.claim import claim, promote
from metarr.queue.control import cancel, cancel_requested, pause, resume, retry
from metarr.queue.enqueue import enqueue
from metarr.queue.finish import (
    LeaseLostError,
    cancel_dependents,
    complete,
    discard,
    fail,
    put_back,
    reconcile,
    release,
)
from metarr.queue.rows import ClaimedJob, Enqueued, NewJob
from metarr.queue.workers import heartbeat, register, rescue, take_back, unregister

__all__ = [
    "ClaimedJob",
    "Enqueued",
    "LeaseLostError",
    "NewJob",
    "cancel",
    "cancel_dependents",
    "cancel_requested",
    "claim",
    "complete",
    "discard",
    "enqueue",
    "fail",
    "heartbeat",
    "pause",
    "promote",
    "put_back",
    "reconcile",
    "register",
    "release",
    "rescue",
    "resume",
    "retry",
    "take_back",
    "unregister",
]
