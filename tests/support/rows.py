"""Rows for tests, with as many columns as the tables demand; `values` adds or replaces."""

from typing import Any

from metarr.db import Connection


async def insert(conn: Connection, table: str, **values: Any) -> int:
    """Insert one row and return its id, 0 for a table without one."""
    places = ", ".join(f"${number}" for number in range(1, len(values) + 1))
    statement = f"INSERT INTO {table} ({', '.join(values)}) VALUES ({places}) RETURNING *"
    row = await conn.fetchrow(statement, *values.values())
    assert row is not None
    return int(row["id"]) if "id" in row else 0


async def insert_asset(conn: Connection, number: int, **values: Any) -> int:
    known = {
        "content_hash": f"{number:064x}",
        "file_path": f"/cache/{number}.jpg",
        "file_size": 1,
        "mime_type": "image/jpeg",
        "source_type": "local",
    }
    return await insert(conn, "cache_assets", **(known | values))


async def insert_movie(conn: Connection, library: int, **values: Any) -> int:
    known = {"library_id": library, "file_path": "/films/a.mkv", "file_name": "a.mkv", "title": "A"}
    return await insert(conn, "movies", **(known | values))


async def insert_candidate(conn: Connection, entity_id: int, **values: Any) -> int:
    known = {
        "entity_type": "movie",
        "entity_id": entity_id,
        "asset_type": "thumb",
        "source_type": "local",
        "source_url": "file:///films/thumb.jpg",
    }
    return await insert(conn, "asset_candidates", **(known | values))


async def insert_movie_with_everything(conn: Connection, library: int, number: int, **values: Any) -> int:
    """A film with one row in every table that points at it by (entity_type, entity_id)."""
    asset = await insert_asset(conn, number)
    movie = await insert_movie(conn, library, poster_id=asset, **values)
    owner: dict[str, Any] = {"entity_type": "movie", "entity_id": movie}
    group = await insert(conn, "media_player_groups", name="Home", type="kodi")
    player = await insert(conn, "media_players", group_id=group, name="TV", host="tv", port=8080)
    await insert(conn, "trailers", **owner, cache_asset_id=asset)
    await insert(conn, "video_streams", **owner, stream_index=0)
    await insert(conn, "audio_streams", **owner, stream_index=1)
    await insert(conn, "subtitle_streams", **owner, stream_index=2, language="eng")
    await insert(
        conn,
        "playback_state",
        **owner,
        media_player_id=player,
        file_path="/films/a.mkv",
        position_seconds=1,
        total_seconds=2,
    )
    await insert(conn, "local_files", **owner, library_id=library, path=f"/films/{number}.mkv", kind="video")
    await insert(
        conn, "published_files", **owner, path=f"/films/{number}.nfo", kind="nfo", content_hash="0" * 64, file_size=1
    )
    await insert(conn, "metadata_answers", **owner, source="nfo", answer={})
    await insert_candidate(conn, movie)
    await insert(conn, "field_history", **owner, field="title", source="user")
    await insert(conn, "problems", **owner, area="scan", message="truncated")
    return movie
