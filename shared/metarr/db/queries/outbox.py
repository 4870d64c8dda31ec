"""event_outbox: facts that are committed and not told yet."""

import uuid
from collections.abc import Mapping, Sequence

from msgspec import Struct

from metarr.db.database import Connection

# "Committed" and "will be told" are one thing: the row is in the transaction that made the fact true.
STORE = """
INSERT INTO event_outbox (subject, message_id, payload, trace_id)
SELECT s, m, p::jsonb, $4 FROM unnest($1::text[], $2::text[], $3::text[]) AS f(s, m, p) RETURNING id
"""

# What a crashed process left, and what could not be told while NATS was away, oldest first; not what no stream will ever take.
LEFT_BEHIND = """
SELECT id, subject, payload::text AS data, message_id, trace_id FROM event_outbox
WHERE created_at < now() - interval '5 seconds' AND undeliverable IS NULL ORDER BY id LIMIT $1
"""

# It stays for a person to see, and to send again when the broker takes more.
GIVE_UP = """
UPDATE event_outbox AS e SET undeliverable = f.reason
FROM unnest($1::text[], $2::text[]) AS f(message_id, reason) WHERE e.message_id = f.message_id
"""

# Two may have told the same facts, and forget them at the same time in another order: who comes second leaves them to the first.
FORGET = """
DELETE FROM event_outbox
WHERE id IN (SELECT id FROM event_outbox WHERE id = ANY($1::bigint[]) ORDER BY id FOR UPDATE SKIP LOCKED)
"""

# Which library's settings decide what follows a fact about these films.
LIBRARIES_OF = "SELECT id, library_id FROM movies WHERE id = ANY($1::bigint[])"


class Outgoing(Struct, frozen=True, kw_only=True):
    """A recorded fact on its way to the stream; `message_id` makes sending it twice harmless."""

    id: int
    subject: str
    data: bytes
    message_id: str
    trace_id: str | None


async def store_facts(
    conn: Connection, facts: Sequence[tuple[str, bytes]], trace_id: str | None
) -> tuple[Outgoing, ...]:
    """Put (subject, JSON) pairs into the outbox, inside the caller's transaction."""
    message_ids = [uuid.uuid4().hex for _ in facts]
    texts = [data.decode() for _, data in facts]
    rows = await conn.fetch(STORE, [subject for subject, _ in facts], message_ids, texts, trace_id)
    return tuple(
        Outgoing(id=row["id"], subject=subject, data=data, message_id=message_id, trace_id=trace_id)
        for row, (subject, data), message_id in zip(rows, facts, message_ids, strict=True)
    )


async def left_behind(conn: Connection, limit: int) -> list[Outgoing]:
    """Facts that have waited for more than five seconds."""
    rows = await conn.fetch(LEFT_BEHIND, limit)
    return [Outgoing(**{**dict(row), "data": row["data"].encode()}) for row in rows]


async def give_up(conn: Connection, reasons: Mapping[str, str]) -> None:
    """They can never be told: message id → why."""
    await conn.execute(GIVE_UP, list(reasons), list(reasons.values()))


async def forget(conn: Connection, facts: Sequence[Outgoing]) -> None:
    """They have been told."""
    await conn.execute(FORGET, [fact.id for fact in facts])


async def libraries_of(conn: Connection, movies: Sequence[int]) -> dict[int, int]:
    """movie id → library id."""
    return {row["id"]: row["library_id"] for row in await conn.fetch(LIBRARIES_OF, list(movies))} if movies else {}
