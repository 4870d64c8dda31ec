"""What a worker process and the benchmark say to each other, a line at a time."""

import sys
import time

READY = "ready"
GO = "go\n"
_STARTED = "started"


def ready_and_go() -> None:
    """In the worker: everything is loaded and connected; wait for the word to begin. Blocks."""
    print(READY, flush=True)
    sys.stdin.readline()


def say_started(number: int) -> None:
    """In the worker, on the first line of a job."""
    now = time.monotonic_ns()
    print(_STARTED, number, now, flush=True)


def heard_started(line: str) -> tuple[int, int] | None:
    """(number of the job, when it started in nanoseconds of the machine's monotonic clock), if the line says so."""
    words = line.split()
    return (int(words[1]), int(words[2])) if len(words) == 3 and words[0] == _STARTED else None
