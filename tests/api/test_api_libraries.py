"""Libraries over HTTP: what may be watched, and how it is scanned."""

import os
from pathlib import Path

import httpx

from metarr.db import Database
from support.rows import insert_movie


def new(path: Path | str, **more: object) -> dict[str, object]:
    return {"name": "Films", "path": str(path), "type": "movie", **more}


async def test_a_folder_becomes_a_library_with_its_path_in_normal_form(
    api: httpx.AsyncClient, library_root: Path
) -> None:
    answer = await api.post("/api/v1/libraries", json=new(f"{library_root}/x/..//", name=" Films "))
    row = answer.json()
    assert (answer.status_code, row["path"], row["name"]) == (201, str(library_root), "Films")
    assert (row["mount_state"], row["item_count"], row["enabled"]) == ("unknown", 0, True)
    assert (await api.get(f"/api/v1/libraries/{row['id']}")).json() == row


async def test_what_is_no_readable_directory_is_refused_by_its_field(api: httpx.AsyncClient) -> None:
    for path in ["relative/path", "/does/not/exist", "~", "/etc/passwd"]:
        answer = await api.post("/api/v1/libraries", json=new(path))
        assert (answer.status_code, [error["field"] for error in answer.json()["errors"]]) == (400, ["path"])


async def test_libraries_do_not_overlap_also_not_through_links(api: httpx.AsyncClient, tmp_path: Path) -> None:
    inner = tmp_path / "films" / "new"
    inner.mkdir(parents=True)
    (tmp_path / "films-2").mkdir()
    os.symlink(inner, tmp_path / "link")
    assert (await api.post("/api/v1/libraries", json=new(tmp_path / "films"))).status_code == 201
    taken = [tmp_path / "films", inner, tmp_path, tmp_path / "link"]
    statuses = [(await api.post("/api/v1/libraries", json=new(path))).status_code for path in taken]
    beside = await api.post("/api/v1/libraries", json=new(tmp_path / "films-2"))
    assert (statuses, beside.status_code) == ([409, 409, 409, 409], 201)


async def test_a_library_counts_what_it_holds(api: httpx.AsyncClient, db: Database, library_root: Path) -> None:
    number = (await api.post("/api/v1/libraries", json=new(library_root))).json()["id"]
    async with db.transaction() as conn:
        await insert_movie(conn, number, file_path="/1", identification_status="enriched")
        await insert_movie(conn, number, file_path="/2")
        await insert_movie(conn, number, file_path="/3")
        await conn.execute("UPDATE movies SET deleted_at = now() WHERE file_path = '/3'")
    row = (await api.get("/api/v1/libraries")).json()["items"][0]
    assert (row["item_count"], row["unidentified_count"], row["deleted_count"]) == (2, 1, 1)


async def test_an_edit_changes_what_it_names_and_nothing_else(
    api: httpx.AsyncClient, db: Database, tmp_path: Path, library_root: Path
) -> None:
    before = (await api.post("/api/v1/libraries", json=new(library_root))).json()
    address = f"/api/v1/libraries/{before['id']}"
    named = (await api.patch(address, json={"name": "Kino"})).json()
    assert named == {**before, "name": "Kino", "updated_at": named["updated_at"]}
    other = tmp_path / "other"
    other.mkdir()
    async with db.transaction() as conn:
        await conn.execute("UPDATE libraries SET mount_state = 'ok', root_inode = 5")
        await conn.execute("INSERT INTO library_folders VALUES ($1, '/a', 1)", before["id"])
    moved = (await api.patch(address, json={"path": str(other), "enabled": False})).json()
    async with db.read() as conn:
        folders = await conn.fetchval("SELECT count(*) FROM library_folders")
    assert (moved["path"], moved["enabled"], moved["mount_state"], folders) == (str(other), False, "unknown", 0)
    assert (await api.patch(address, json={"type": "tv"})).status_code == 400


async def test_a_removed_library_is_gone_with_its_films_and_its_files_stay(
    api: httpx.AsyncClient, db: Database, library_root: Path
) -> None:
    number = (await api.post("/api/v1/libraries", json=new(library_root))).json()["id"]
    (library_root / "film.mkv").write_bytes(b"film")
    async with db.transaction() as conn:
        movie = await insert_movie(conn, number)
    assert (await api.delete(f"/api/v1/libraries/{number}")).status_code == 204
    statuses = [(await api.get(f"/api/v1/{path}")).status_code for path in (f"libraries/{number}", f"movies/{movie}")]
    assert (statuses, (library_root / "film.mkv").read_bytes()) == ([404, 404], b"film")


async def test_a_scan_that_waits_is_the_same_scan(api: httpx.AsyncClient, library_root: Path) -> None:
    number = (await api.post("/api/v1/libraries", json=new(library_root))).json()["id"]
    scan = f"/api/v1/libraries/{number}/scan"
    first, second, part, full = (
        await api.post(scan),
        await api.post(scan, json={"path": str(library_root)}),
        await api.post(scan, json={"path": "Heat (1995)"}),
        await api.post(scan, json={"full": True}),
    )
    assert first.status_code == 202
    assert first.json() == second.json()
    assert len({answer.json()["job_id"] for answer in (first, part, full)}) == 3
    job = (await api.get(f"/api/v1/jobs/{part.json()['job_id']}")).json()
    assert (job["kind"], job["priority"], job["payload"]["path"]) == (
        "ScanLibrary",
        2,
        str(library_root / "Heat (1995)"),
    )


async def test_a_scan_stays_within_its_library(api: httpx.AsyncClient, library_root: Path) -> None:
    number = (await api.post("/api/v1/libraries", json=new(library_root))).json()["id"]
    for path in ("..", "/etc", "a/../../b"):
        answer = await api.post(f"/api/v1/libraries/{number}/scan", json={"path": path})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "path")


async def test_a_library_that_is_switched_off_is_not_scanned(api: httpx.AsyncClient, library_root: Path) -> None:
    number = (await api.post("/api/v1/libraries", json=new(library_root, enabled=False))).json()["id"]
    assert (await api.post(f"/api/v1/libraries/{number}/scan")).status_code == 409


async def test_libraries_come_in_pages(api: httpx.AsyncClient, tmp_path: Path) -> None:
    for name in "abc":
        (tmp_path / name).mkdir()
        await api.post("/api/v1/libraries", json=new(tmp_path / name, name=name))
    first = (await api.get("/api/v1/libraries?limit=2")).json()
    second = (await api.get("/api/v1/libraries", params={"limit": 2, "cursor": first["next_cursor"]})).json()
    names = [row["name"] for row in first["items"] + second["items"]]
    assert (names, first["total"], second["next_cursor"]) == (["a", "b", "c"], 3, None)
