"""Pictures that providers offer: the enricher notes them, the cache service judges them."""

from collections.abc import Sequence

from msgspec import Struct

from metarr.db.database import Connection

_GIVEN = """
unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::int[], $7::int[], $8::text[], $9::numeric[],
       $10::int[], $11::int[])
  AS said (entity_type, entity_id, asset_type, provider_name, source_url, width, height, language, vote_average,
           vote_count, likes)
"""

# Only what is new or said differently is touched, in one order for all films that share people and collections.
OFFER = f"""
INSERT INTO asset_candidates (entity_type, entity_id, asset_type, source_type, provider_name, source_url, width, height,
                              language, vote_average, vote_count, likes)
SELECT said.entity_type, said.entity_id, said.asset_type, 'provider', said.provider_name, said.source_url, said.width,
       said.height, said.language, said.vote_average, said.vote_count, said.likes
FROM {_GIVEN}
WHERE NOT EXISTS (
  SELECT FROM asset_candidates c
  WHERE c.entity_type = said.entity_type AND c.entity_id = said.entity_id AND c.asset_type = said.asset_type
    AND c.source_url = said.source_url
    AND (c.language, c.vote_average, c.vote_count, c.likes, c.width, c.height) IS NOT DISTINCT FROM
        (said.language, said.vote_average::numeric(4,2), said.vote_count, said.likes, coalesce(said.width, c.width),
         coalesce(said.height, c.height)))
ORDER BY said.entity_type, said.entity_id, said.asset_type, said.source_url
ON CONFLICT (entity_type, entity_id, asset_type, source_url) DO UPDATE
SET language = excluded.language, vote_average = excluded.vote_average, vote_count = excluded.vote_count,
    likes = excluded.likes, width = coalesce(excluded.width, asset_candidates.width),
    height = coalesce(excluded.height, asset_candidates.height)
"""

# What a provider no longer offers. What is shown stays, unless it belongs to a film that this one is not.
WITHDRAW = """
DELETE FROM asset_candidates c
WHERE c.entity_type = $1 AND c.entity_id = $2 AND c.source_type = 'provider' AND c.provider_name = $3
  AND NOT (c.source_url = ANY($4::text[])) AND (c.status <> 'chosen' OR $5 AND NOT (c.asset_type = ANY($6::text[])))
"""


class Offer(Struct, frozen=True, kw_only=True):
    """A picture a provider offers for an entity. Sizes in pixels, language ISO 639-1 or None for no text, votes on 0-10."""

    entity_type: str
    entity_id: int
    asset_type: str
    provider_name: str
    source_url: str
    width: int | None = None
    height: int | None = None
    language: str | None = None
    vote_average: float | None = None
    vote_count: int | None = None
    likes: int | None = None


async def store_offers(conn: Connection, offers: Sequence[Offer]) -> None:
    """Note what is offered; a picture that was noted before keeps its judgement."""
    unique = list({(o.entity_type, o.entity_id, o.asset_type, o.source_url): o for o in offers}.values())
    if unique:
        columns = Offer.__struct_fields__
        await conn.execute(OFFER, *([getattr(offer, column) for offer in unique] for column in columns))


async def withdraw_offers(
    conn: Connection,
    entity_type: str,
    entity_id: int,
    provider: str,
    still_offered: Sequence[str],
    *,
    other_film: bool = False,
    locked_slots: frozenset[str] = frozenset(),
) -> None:
    """Forget what `provider` does not offer any more. `other_film`: also what is shown, except in locked slots."""
    await conn.execute(
        WITHDRAW, entity_type, entity_id, provider, list(still_offered), other_film, sorted(locked_slots)
    )
