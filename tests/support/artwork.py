"""Rows around artwork for tests: a library, films, people, collections, candidates."""

from typing import Any

from metarr.db.database import Connection, Database


async def add_library(db: Database, root: str, *, name: str = "Films") -> int:
    """A movie library at `root`."""
    async with db.read() as conn:
        number: int = await conn.fetchval(
            "INSERT INTO libraries (name, path, type) VALUES ($1, $2, 'movie') RETURNING id", name, root
        )
    return number


async def add_movie(db: Database, library_id: int, path: str, *, status: str = "enriched") -> int:
    """A film whose video lies at `path`."""
    async with db.read() as conn:
        number: int = await conn.fetchval(
            "INSERT INTO movies (library_id, file_path, file_name, title, identification_status) "
            "VALUES ($1, $2, $3, $3, $4) RETURNING id",
            library_id,
            path,
            path.rpartition("/")[2],
            status,
        )
    return number


async def add_actor(db: Database, movie_id: int, name: str, *, order: int = 0) -> int:
    """A person in a film's cast; the same name is the same person."""
    async with db.read() as conn:
        number = await conn.fetchval("SELECT id FROM actors WHERE name = $1", name)
        if number is None:
            number = await conn.fetchval("INSERT INTO actors (name) VALUES ($1) RETURNING id", name)
        await conn.execute(
            "INSERT INTO movie_actors (movie_id, actor_id, sort_order) VALUES ($1, $2, $3)", movie_id, number, order
        )
    return int(number)


async def add_collection(db: Database, *movie_ids: int, name: str = "The Set") -> int:
    """A collection with these films in it."""
    async with db.read() as conn:
        number: int = await conn.fetchval("INSERT INTO movie_collections (name) VALUES ($1) RETURNING id", name)
        for movie_id in movie_ids:
            await conn.execute("INSERT INTO movie_collection_members VALUES ($1, $2)", movie_id, number)
    return number


async def add_candidate(
    db: Database,
    entity_id: int,
    asset_type: str,
    source_url: str,
    *,
    entity_type: str = "movie",
    source_type: str = "provider",
    **more: Any,
) -> int:
    """A picture that could be chosen; `more` are further columns."""
    if source_type == "provider":
        more.setdefault("provider_name", "tmdb")
    values = {
        "entity_type": entity_type,
        "entity_id": entity_id,
        "asset_type": asset_type,
        "source_type": source_type,
        "source_url": source_url,
        **more,
    }
    places = ", ".join(f"${place}" for place in range(1, len(values) + 1))
    async with db.read() as conn:
        number: int = await conn.fetchval(
            f"INSERT INTO asset_candidates ({', '.join(values)}) VALUES ({places}) RETURNING id", *values.values()
        )
    return number


async def row(conn_or_db: Database | Connection, table: str, number: int) -> dict[str, Any]:
    """One row by id, as a dict."""
    if isinstance(conn_or_db, Database):
        async with conn_or_db.read() as conn:
            return await row(conn, table, number)
    found = await conn_or_db.fetchrow(f"SELECT * FROM {table} WHERE id = $1", number)
    assert found is not None, f"{table} {number} does not exist"
    return dict(found)


async def snapshot(db: Database, *tables: str) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of some tables with the transaction that wrote each: equal snapshots mean that nothing was written."""
    async with db.read() as conn:
        return {
            table: [tuple(one) for one in await conn.fetch(f"SELECT xmin::text, * FROM {table} ORDER BY 2")]
            for table in tables
        }
