"""The service as it runs: one process, one port, ended by one signal."""

import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from metarr_local.processes import Program, popen_arguments
from support.waiting import soon


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def service(database_url: str, nats_url: str, tmp_path: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """`python -m metarr_api`, from environment variables alone."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("METARR_")}
    variables = {
        **ours,
        "METARR_DATA_DIR": str(tmp_path / "data"),
        "METARR_PORT": str(port),
        "METARR_BASE_PATH": "/media/metarr",
        "METARR_DATABASE_URL": database_url,
        "METARR_NATS_URL": nats_url,
        "METARR_LOG_FORMAT": "json",
    }
    program = Program(name="api", argv=(sys.executable, "-m", "metarr_api"), variables=variables)
    with (tmp_path / "words").open("wb") as words:
        process = subprocess.Popen(program.argv, stdout=words, stderr=words, **popen_arguments(program))
    yield process
    if process.poll() is None:
        process.kill()
        process.wait()


def answers(address: str) -> bool:
    try:
        return httpx.get(f"{address}/health").status_code == 200
    except httpx.TransportError:
        return False


def test_it_makes_its_key_serves_below_its_base_path_and_ends_cleanly_when_told(
    service: subprocess.Popen[bytes], tmp_path: Path, port: int
) -> None:
    address = f"http://127.0.0.1:{port}/media/metarr"
    soon(lambda: answers(address), timeout=60, what="the API answers")
    file = tmp_path / "data" / "api_key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert httpx.get(f"{address}/api/v1/movies").status_code == 401
    page = httpx.get(f"{address}/api/v1/movies", headers={"x-api-key": file.read_text()})
    assert (page.status_code, page.json()) == (200, {"items": [], "next_cursor": None, "total": 0})
    service.send_signal(signal.SIGTERM)
    assert service.wait(20) == 0
    assert "Traceback" not in (tmp_path / "words").read_text()
