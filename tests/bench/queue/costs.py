"""What a job costs in a drain: statements and WAL of the server, processor time of the server and of the worker; ours against the floor.

The jobs are put in right after a checkpoint into an empty table, so no page needs a full image while they are drained and the WAL is
that of the work alone. Aims: WAL at most 1.2 times the floor's, the server's processor time at most 1.3 times.
"""

from collections.abc import Mapping

from msgspec import Struct

from bench.queue.comparing import amounts, durations, in_turns
from bench.queue.crew import crew_of
from bench.queue.draining import MANNERS, Manner, drained
from bench.queue.house import QueueHouse
from bench.queue.server import used
from bench.queue.sides.protocol import enqueue_many
from bench.table import Row

WAL_AIM, SERVER_AIM = 1.2, 1.3
_PATIENCE = 60.0
_LOOK_SECONDS = 0.1
_PAIRS = (("ours", "floor 1", "a transaction each"), ("ours idle", "floor 100", "nothing written"))


class Cost(Struct, frozen=True, kw_only=True):
    """Of one job."""

    statements: float
    wal_bytes: float
    server_seconds: float
    worker_seconds: float


async def run(queues: QueueHouse) -> list[Row]:
    wanted = [manner for manner in MANNERS if any(manner.name in pair for pair in _PAIRS)]
    found: Mapping[str, list[Cost]] = {manner.name: [] for manner in wanted}
    for turn in range(min(queues.size.rounds, 3)):
        for manner in in_turns(wanted, turn):
            found[manner.name].append(await _cost(queues, manner))
    return [row for ours, floor, what in _PAIRS for row in _rows(what, floor, found[ours], found[floor])]


def _rows(what: str, floor: str, ours: list[Cost], other: list[Cost]) -> list[Row]:
    name = f"per job, {what} (of {floor}'s)"
    return [
        amounts(f"statements {name}", [c.statements for c in ours], [c.statements for c in other], ""),
        amounts(f"WAL {name}", [c.wal_bytes for c in ours], [c.wal_bytes for c in other], "B", aim=WAL_AIM),
        durations(
            f"server CPU {name}", [c.server_seconds for c in ours], [c.server_seconds for c in other], aim=SERVER_AIM
        ),
        durations(f"worker CPU {name}", [c.worker_seconds for c in ours], [c.worker_seconds for c in other]),
    ]


async def _cost(queues: QueueHouse, manner: Manner) -> Cost:
    side, jobs = queues.sides[manner.side], queues.size.cost_jobs * (1 if manner.name in {"ours", "floor 1"} else 5)
    await side.empty()
    async with queues.house.db.read() as conn:
        await conn.execute("CHECKPOINT")
    await enqueue_many(side, jobs)
    async with queues.house.db.read() as conn:
        await conn.execute(f"ANALYZE {side.table}")
    async with crew_of(queues.house, manner.side, manner.options) as crew:
        before, worker_before = await used(queues.house), crew.processor_seconds()
        await crew.go()
        await drained(side, window=_PATIENCE, look=_LOOK_SECONDS)
        cost = (await used(queues.house)).since(before)
        worker = crew.processor_seconds() - worker_before
    assert await side.left() == 0, f"{manner.name} did not come to an end"
    await side.empty()
    return Cost(
        statements=cost.statements / jobs,
        wal_bytes=cost.wal_bytes / jobs,
        server_seconds=cost.processor_seconds / jobs,
        worker_seconds=worker / jobs,
    )
