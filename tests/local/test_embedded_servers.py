"""The embedded servers: private, killed without harm, never two on the same data."""

import os
import signal
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import pytest

from metarr.errors import ConfigurationError
from metarr_local import nats, postgres
from support.servers import running, scratch
from support.waiting import soon


@pytest.fixture(scope="module")
def cluster() -> Iterator[postgres.Cluster]:
    with scratch() as folder:
        yield postgres.prepare(folder / "home", durable=False)


@contextmanager
def serving(cluster: postgres.Cluster, log: Path) -> Iterator[int]:
    with running(postgres.program(cluster, os.environ), log) as child:
        soon(lambda: postgres.accepts(cluster), timeout=60, what="PostgreSQL starts")
        yield child.pid


async def test_a_row_that_was_committed_is_there_after_kill_9_of_the_server(
    cluster: postgres.Cluster, tmp_path: Path
) -> None:
    with serving(cluster, tmp_path / "log") as pid:
        connection = await asyncpg.connect(cluster.url())
        await connection.execute("CREATE TABLE kept (id int); INSERT INTO kept VALUES (7)")
        os.kill(pid, signal.SIGKILL)
        connection.terminate()
    postgres.prepare(cluster.data.parent)
    with serving(cluster, tmp_path / "log"):
        connection = await asyncpg.connect(cluster.url())
        kept = await connection.fetchval("SELECT id FROM kept")
        await connection.close()
    assert kept == 7


def test_a_server_left_behind_is_ended_before_the_next_one_starts(cluster: postgres.Cluster, tmp_path: Path) -> None:
    with serving(cluster, tmp_path / "log"):
        postgres.prepare(cluster.data.parent)
        still_there = postgres.accepts(cluster)
    assert not still_there


def test_a_process_id_file_of_a_dead_server_does_not_end_whoever_has_the_number_now(
    cluster: postgres.Cluster,
) -> None:
    (cluster.data / "postmaster.pid").write_text(f"{os.getpid()}\n")
    postgres.end_leftover(cluster.data)
    (cluster.data / "postmaster.pid").unlink()
    assert os.getpid() > 0


def test_a_server_killed_in_its_first_moment_does_not_keep_the_next_one_from_starting(
    cluster: postgres.Cluster, tmp_path: Path
) -> None:
    (cluster.data / "postmaster.pid").touch()
    postgres.prepare(cluster.data.parent)
    with serving(cluster, tmp_path / "log"):
        assert postgres.accepts(cluster)


def test_nobody_else_may_enter_the_folders_of_the_cluster(cluster: postgres.Cluster) -> None:
    modes = [stat.S_IMODE(folder.stat().st_mode) for folder in (cluster.data, cluster.sockets)]
    assert modes == [0o700, 0o700]


def test_a_cluster_of_another_version_is_refused_in_plain_words(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "PG_VERSION").write_text("17\n")
    with pytest.raises(ConfigurationError, match="made by PostgreSQL 17"):
        postgres.prepare(tmp_path)


def test_a_path_too_long_for_a_socket_gets_a_short_one(folder: Path) -> None:
    deep = folder / ("x" * 60) / ("y" * 60)
    cluster = postgres.prepare(deep, durable=False)
    try:
        with serving(cluster, folder / "log"):
            assert len(os.fsencode(cluster.sockets)) < 100
    finally:
        cluster.sockets.rmdir()


def test_the_broker_keeps_its_port_and_token_between_starts(tmp_path: Path) -> None:
    first, second = nats.prepare(tmp_path), nats.prepare(tmp_path)
    assert first == second


def test_the_files_that_hold_the_token_are_private(tmp_path: Path) -> None:
    nats.prepare(tmp_path)
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()}
    assert modes == {"token": 0o600, "port": 0o600, "nats.conf": 0o600}


def test_a_broker_left_behind_is_ended_before_the_next_one_starts(tmp_path: Path) -> None:
    broker = nats.prepare(tmp_path)
    with running(nats.program(broker, os.environ), tmp_path / "log") as child:
        soon(lambda: nats.accepts(broker), what="NATS starts")
        nats.prepare(tmp_path)
        assert child.wait(5) is not None


def test_a_taken_port_is_given_up_for_another(tmp_path: Path) -> None:
    broker = nats.prepare(tmp_path / "one")
    with running(nats.program(broker, os.environ), tmp_path / "log"):
        soon(lambda: nats.accepts(broker), what="NATS starts")
        nats.prepare(tmp_path / "two")
        (tmp_path / "two" / "port").write_text(str(broker.port))
        assert nats.prepare(tmp_path / "two").port != broker.port
