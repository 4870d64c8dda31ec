"""The last answer of each source about an item: what merging works on and can be explained with."""

from collections.abc import Collection, Mapping

import msgspec
from msgspec import Struct

from metarr.db.database import Connection
from metarr.domain.matching import MatchPart
from metarr.domain.movie import MovieMetadata

LOAD = "SELECT source, answer FROM metadata_answers WHERE entity_type = $1 AND entity_id = $2"

# The same answer again is no news: the row is left as it is.
STORE = """
INSERT INTO metadata_answers (entity_type, entity_id, source, answer)
SELECT $1, $2, said.source, said.answer FROM unnest($3::text[], $4::jsonb[]) AS said (source, answer)
ON CONFLICT (entity_type, entity_id, source) DO UPDATE SET answer = excluded.answer, received_at = now()
WHERE metadata_answers.answer <> excluded.answer
"""

FORGET = "DELETE FROM metadata_answers WHERE entity_type = $1 AND entity_id = $2 AND source = ANY($3::text[])"


class MatchFound(Struct, frozen=True, kw_only=True):
    """What a search found out, kept as the answer of source `match`: read as metadata it says the id and nothing else."""

    tmdb_id: int | None
    reason: str
    score: float
    parts: tuple[MatchPart, ...]


async def load_answers(conn: Connection, entity_type: str, entity_id: int) -> dict[str, MovieMetadata]:
    """What each source said last. An answer that an earlier version stored in another form is left out."""
    answers = {}
    for row in await conn.fetch(LOAD, entity_type, entity_id):
        try:
            answers[row["source"]] = msgspec.convert(row["answer"], type=MovieMetadata)
        except msgspec.ValidationError:
            continue
    return answers


async def store_answers(
    conn: Connection, entity_type: str, entity_id: int, answers: Mapping[str, MovieMetadata | MatchFound]
) -> None:
    """Keep what sources said, in place of what they said before."""
    if answers:
        await conn.execute(STORE, entity_type, entity_id, list(answers), list(answers.values()))


async def forget_answers(conn: Connection, entity_type: str, entity_id: int, sources: Collection[str]) -> None:
    """What these sources said is about something else."""
    await conn.execute(FORGET, entity_type, entity_id, list(sources))
