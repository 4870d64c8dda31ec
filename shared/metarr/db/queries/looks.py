"""Stored pictures that look alike: the same picture in another size or compression, found among all of the store.

Two pictures look alike when their perceptual hashes differ in few of 64 bits: at most 6 for photographs, 2 where pictures are
transparent (domain.scoring). To find them without comparing with each, a hash is cut into four bands of 16 bits. When two hashes
differ in at most 7 bits, one band differs in at most one: four times two would be eight. So each band is looked up as it is and
with each of its 16 bits turned, 4 x 17 exact probes of an index; at most 3 bits leave one band as it is, 4 probes. What the
probes find is then compared exactly: nothing is missed and nothing is found that is not near.

The probes are as many whatever the size of the store; what they find, some thousandth of it, is what grows.
"""

from collections.abc import Iterable, Sequence

from msgspec import Struct

from metarr.db.database import Connection

MOST_DISTANCE = 7
"""Bits; two hashes that differ in more may differ in two bits of every band."""

# One row for each pair of an asked picture and one that looks like it; a band that both share may find it four times.
NEAR = """
SELECT DISTINCT asked.place, look.cache_asset_id, look.bits,
       bit_count(int8send(look.bits # asked.bits)) AS distance
FROM unnest($1::bigint[], $2::int[]) WITH ORDINALITY AS asked (bits, most, place)
CROSS JOIN unnest('{0,1,2,4,8,16,32,64,128,256,512,1024,2048,4096,8192,16384,32768}'::bigint[]) AS turned
CROSS JOIN LATERAL (
  SELECT cache_asset_id, bits FROM asset_looks WHERE ((bits >> 48) & 65535) = ((asked.bits >> 48) & 65535) # turned
  UNION ALL
  SELECT cache_asset_id, bits FROM asset_looks WHERE ((bits >> 32) & 65535) = ((asked.bits >> 32) & 65535) # turned
  UNION ALL
  SELECT cache_asset_id, bits FROM asset_looks WHERE ((bits >> 16) & 65535) = ((asked.bits >> 16) & 65535) # turned
  UNION ALL
  SELECT cache_asset_id, bits FROM asset_looks WHERE (bits & 65535) = (asked.bits & 65535) # turned
) AS look
WHERE (turned = 0 OR asked.most > 3) AND bit_count(int8send(look.bits # asked.bits)) <= asked.most
ORDER BY asked.place, distance, look.cache_asset_id
"""


# What is known of some pictures' looks.
BITS = "SELECT cache_asset_id, bits FROM asset_looks WHERE cache_asset_id = ANY($1::bigint[])"

_ALL_BITS = 2**64 - 1


class Wanted(Struct, frozen=True, kw_only=True):
    """What is looked for: 64 bits of perceptual hash, and in how many another may differ, 0 to MOST_DISTANCE."""

    bits: int
    most: int


class Near(Struct, frozen=True, kw_only=True):
    """A stored picture that looks alike: its 64 bits, and in how many of them it differs."""

    asset_id: int
    bits: int
    distance: int


async def find_near(conn: Connection, wanted: Sequence[Wanted]) -> list[list[Near]]:
    """What looks like each of these in the whole store, the nearest first; a stored picture finds itself too.

    Raises ValueError for a distance that the bands cannot promise.
    """
    if any(not 0 <= one.most <= MOST_DISTANCE for one in wanted):
        raise ValueError(f"pictures are found within 0 to {MOST_DISTANCE} bits")
    found: list[list[Near]] = [[] for _ in wanted]
    for row in await conn.fetch(NEAR, [_signed(one.bits) for one in wanted], [one.most for one in wanted]):
        near = Near(asset_id=row["cache_asset_id"], bits=row["bits"] & _ALL_BITS, distance=row["distance"])
        found[row["place"] - 1].append(near)
    return found


async def load_bits(conn: Connection, asset_ids: Iterable[int]) -> dict[int, int]:
    """The perceptual hash of stored pictures as a number from 0 to 2^64 - 1; those without one are left out."""
    rows = await conn.fetch(BITS, sorted(asset_ids))
    return {row["cache_asset_id"]: row["bits"] & _ALL_BITS for row in rows}


def _signed(bits: int) -> int:
    """As PostgreSQL's bigint has them, the highest bit as the sign."""
    return bits - 2**64 if bits >> 63 else bits
