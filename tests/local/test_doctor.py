"""`metarr doctor`: each thing that is wrong is found and comes with a remedy."""

import asyncio
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from metarr.runtime.environment import Environment
from metarr_api.key import load_key
from metarr_local import doctor
from metarr_local.system import Plan
from metarr_local.up import make_plan
from support.servers import DatabaseUrl

KEY = "the key of the test"

type Answers = dict[str, Any]


def check(name: str, state: str, message: str, remedy: str = "") -> Answers:
    return {"name": name, "state": state, "message": message, "remedy": remedy}


@pytest.fixture
def answers() -> Answers:
    """What the API says: everything is well."""
    return {
        "/health": {},
        "/api/v1/libraries": {"items": [], "next_cursor": None, "total": 0},
        "/api/v1/system/health": {"status": "ok", "checks": [check("worker scanner", "ok", "1 alive")]},
    }


@pytest.fixture
def port(answers: Answers) -> Iterator[int]:
    class Api(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            known = path == "/health" or self.headers.get("X-Api-Key") == KEY
            self.send_response(200 if known else 401)
            self.end_headers()
            self.wfile.write(json.dumps(answers[path] if known else {"title": "Unauthorized"}).encode())

        def log_message(self, *_: object) -> None:
            """Nothing: the doctor is under test."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Api) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def plan_for(tmp_path: Path, port: int, **variables: str) -> Plan:
    return make_plan(data_dir=str(tmp_path), port=port, variables={"METARR_API_KEY": KEY, **variables})


async def findings(plan: Plan) -> list[doctor.Finding]:
    return await asyncio.to_thread(doctor.examine, plan)


def library(path: Path, **more: Any) -> Answers:
    row = {"id": 1, "name": "Films", "path": str(path), "type": "movie", "mount_state": "ok", **more}
    return {"items": [row], "next_cursor": None, "total": 1}


def wrong(found: list[doctor.Finding]) -> list[tuple[str, str]]:
    return [(finding.area, finding.remedy) for finding in found if finding.state == "wrong"]


async def test_nothing_is_wrong_with_a_system_that_is_well(
    answers: Answers, port: int, tmp_path: Path, library_root: Path, database_url: str, nats_url: str
) -> None:
    answers["/api/v1/libraries"] = library(library_root)
    plan = plan_for(tmp_path, port, METARR_DATABASE_URL=database_url, METARR_NATS_URL=nats_url)
    found = await findings(plan)
    assert (wrong(found), doctor.report(found)) == ([], 0)
    assert {finding.area for finding in found} == {"data", "database", "broker", "api", "library", "worker scanner"}


async def test_a_system_that_was_never_started_is_told_how_to_start(tmp_path: Path) -> None:
    found = await findings(plan_for(tmp_path / "new", 1))
    assert (wrong(found), doctor.report(found)) == ([("api", "metarr up starts it")], 1)
    assert not (tmp_path / "new").exists()


async def test_a_disk_that_is_not_mounted_is_found(answers: Answers, port: int, tmp_path: Path) -> None:
    answers["/api/v1/libraries"] = library(tmp_path / "gone")
    found = await findings(plan_for(tmp_path, port))
    assert [remedy.startswith("mount the disk") for area, remedy in wrong(found) if area == "library"] == [True]


async def test_what_the_system_finds_about_itself_is_told_with_its_remedy(
    answers: Answers, port: int, tmp_path: Path
) -> None:
    shrunk = check("mount 1", "wrong", "Films: holds 3 of 900 films", "mount the disk")
    answers["/api/v1/system/health"]["checks"].append(shrunk)
    found = await findings(plan_for(tmp_path, port))
    assert ("mount 1", "mount the disk") in wrong(found)


async def test_what_was_looked_at_from_here_is_not_told_twice(answers: Answers, port: int, tmp_path: Path) -> None:
    answers["/api/v1/system/health"]["checks"].append(check("database", "ok", "PostgreSQL answers"))
    found = await findings(plan_for(tmp_path, port))
    assert [finding.area for finding in found].count("database") == 1


async def test_a_key_that_others_may_read_is_found(port: int, tmp_path: Path) -> None:
    load_key(Environment(data_dir=str(tmp_path)))
    (tmp_path / "api_key").chmod(0o644)
    found = await findings(plan_for(tmp_path, port))
    assert ("data", f"chmod 600 {tmp_path}/api_key") in wrong(found)


async def test_a_wrong_key_is_told_from_a_system_that_does_not_run(port: int, tmp_path: Path) -> None:
    found = await findings(plan_for(tmp_path, port, METARR_API_KEY="another key"))
    assert {remedy for _, remedy in wrong(found)} == {"metarr apikey shows the key of this data directory"}


async def test_a_database_that_waits_for_migrations_is_found(postgres: DatabaseUrl, port: int, tmp_path: Path) -> None:
    plan = plan_for(tmp_path, port, METARR_DATABASE_URL=postgres("postgres"))
    assert ("database", "metarr migrate") in wrong(await findings(plan))


async def test_a_database_that_is_not_there_is_found(port: int, tmp_path: Path) -> None:
    plan = plan_for(tmp_path, port, METARR_DATABASE_URL="postgresql://metarr@127.0.0.1:1/metarr")
    assert ("database", "look at METARR_DATABASE_URL") in wrong(await findings(plan))
