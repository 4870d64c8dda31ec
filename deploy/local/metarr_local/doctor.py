"""`metarr doctor`: looks at everything the system stands on; each finding comes with what to do about it."""

import asyncio
import os
import shutil
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

from msgspec import Struct
from rich.console import Console
from rich.text import Text

from metarr.bus import Bus
from metarr.db import Database
from metarr.db.migrate import pending
from metarr.db.queries.system import database_version
from metarr.errors import DatabaseUnavailable
from metarr_api.key import load_key
from metarr_local import data_directory, nats, postgres
from metarr_local.client import ApiError, Client
from metarr_local.system import Plan, local_address

_LEAST_FREE = 1024**3
"""Bytes that should be free where Metarr writes: artwork is a few MB a film."""
_BROKER_TIMEOUT = 5.0
_MARKS = {"ok": "green", "warning": "yellow", "wrong": "red"}
_SEEN_FROM_HERE = frozenset({"database", "broker", "disk"})
_AREA_WIDTH = 18
_SECRETS = ("api_key", "nats/token", "nats/nats.conf")


class Finding(Struct, frozen=True, kw_only=True):
    """One thing that was looked at. `remedy` is what the person can do; "" when nothing is to be done."""

    area: str
    state: Literal["ok", "warning", "wrong"]
    says: str
    remedy: str = ""


def examine(plan: Plan) -> list[Finding]:
    """Look at everything. Changes nothing but for a probe file that is removed at once."""
    client = Client(local_address(plan.environment), _key(plan))
    findings = [*_data_directory(plan), _database(plan), _broker(plan), *_api(plan, client)]
    for area in (_health, _libraries):
        findings += _asked(area, client)
    return findings


def report(findings: list[Finding]) -> int:
    """Print the findings; 1 when one of them is wrong, else 0."""
    console = Console(highlight=False, soft_wrap=True)
    for finding in findings:
        line = Text(f"{finding.state:<8}", style=_MARKS[finding.state])
        line.append(f"{finding.area:<{_AREA_WIDTH}} {finding.says}", style="default")
        console.print(line)
        if finding.remedy:
            console.print(f"{'':<{_AREA_WIDTH + 9}}→ {finding.remedy}")
    wrong = sum(finding.state == "wrong" for finding in findings)
    console.print(f"{len(findings)} looked at, {wrong} wrong" if wrong else f"{len(findings)} looked at, nothing wrong")
    return 1 if wrong else 0


def _key(plan: Plan) -> str | None:
    """The key, where there is one: looking makes none."""
    there = plan.environment.api_key is not None or (plan.folder / "api_key").exists()
    return load_key(plan.environment) if there else None


def _data_directory(plan: Plan) -> Iterator[Finding]:
    folder = plan.folder
    if not folder.is_dir():
        yield Finding(area="data", state="warning", says=f"{folder} does not exist yet", remedy="metarr up makes it")
        return
    yield _writable("data", folder)
    yield _free_space("data", folder)
    for name in _SECRETS:
        file = folder / name
        if file.exists() and stat.S_IMODE(file.stat().st_mode) & 0o077:
            yield Finding(area="data", state="wrong", says=f"others may read {file}", remedy=f"chmod 600 {file}")


def _database(plan: Plan) -> Finding:
    given = plan.environment.database_url
    if given is None and not (plan.folder / "postgres" / "data").exists():
        return Finding(area="database", state="warning", says="there is none yet", remedy="metarr up makes it")
    if given is None and not data_directory.is_held(plan.folder):
        return Finding(area="database", state="warning", says="does not run", remedy="metarr up starts it")
    url = given or postgres.locate(plan.folder / "postgres").url()
    remedy = (
        "look at METARR_DATABASE_URL" if given else f"metarr up starts it; its log is {plan.folder}/logs/postgres.log"
    )
    try:
        waiting, version = asyncio.run(_look_at_database(url))
    except DatabaseUnavailable as gone:
        return Finding(area="database", state="wrong", says=str(gone), remedy=remedy)
    if waiting:
        says = f"{len(waiting)} migrations wait: {', '.join(waiting)}"
        return Finding(area="database", state="wrong", says=says, remedy="metarr migrate")
    return Finding(area="database", state="ok", says=f"PostgreSQL {version}, up to date")


async def _look_at_database(url: str) -> tuple[list[str], str]:
    waiting = await pending(url)
    database = await Database.connect(url, name="metarr doctor", max_size=1)
    try:
        async with database.read() as connection:
            version, _ = await database_version(connection)
            return waiting, version
    finally:
        await database.close()


def _broker(plan: Plan) -> Finding:
    broker = nats.locate(plan.folder / "nats")
    url = plan.environment.nats_url or (broker.url if broker else None)
    if url is None:
        return Finding(area="broker", state="warning", says="there is none yet", remedy="metarr up makes it")
    if plan.environment.nats_url is None and not data_directory.is_held(plan.folder):
        return Finding(area="broker", state="warning", says="does not run", remedy="metarr up starts it")
    if asyncio.run(_reaches(url)):
        return Finding(area="broker", state="ok", says="NATS answers")
    given = plan.environment.nats_url is not None
    remedy = "look at METARR_NATS_URL" if given else f"metarr up starts it; its log is {plan.folder}/logs/nats.log"
    return Finding(area="broker", state="wrong", says="NATS does not answer; jobs run at polling speed", remedy=remedy)


async def _reaches(url: str) -> bool:
    async with Bus(url, "metarr-doctor") as bus:
        return await bus.wait_connected(_BROKER_TIMEOUT)


def _api(plan: Plan, client: Client) -> Iterator[Finding]:
    if not client.is_healthy():
        says = f"nothing answers on {plan.origin}"
        yield Finding(area="api", state="wrong", says=says, remedy="metarr up starts it")
        return
    yield Finding(area="api", state="ok", says=f"answers on {plan.origin}")


def _asked(look: Callable[[Client], Iterator[Finding]], client: Client) -> list[Finding]:
    """What the API tells about one area; nothing when it does not answer, which is a finding of its own."""
    try:
        return list(look(client))
    except ApiError as refused:
        if refused.status == 0:
            return []
        remedy = "metarr apikey shows the key of this data directory" if refused.status == 401 else ""
        return [Finding(area="api", state="wrong", says=f"{look.__name__.strip('_')}: {refused}", remedy=remedy)]


def _health(client: Client) -> Iterator[Finding]:
    """What the system says about itself, but for what was looked at from here."""
    for check in client.get("/system/health")["checks"]:
        if check["name"] not in _SEEN_FROM_HERE:
            yield Finding(area=check["name"], state=check["state"], says=check["message"], remedy=check["remedy"])


def _libraries(client: Client) -> Iterator[Finding]:
    rows = list(client.every("/libraries"))
    if not rows:
        yield Finding(area="library", state="warning", says="there is none", remedy="metarr libraries add FOLDER")
    for row in rows:
        path = Path(row["path"])
        if path.is_dir():
            yield _writable("library", path)
            yield _free_space("library", path)
        else:
            remedy = "mount the disk; until then nothing in this library is changed or taken for deleted"
            yield Finding(area="library", state="wrong", says=f"{row['name']}: {path} is not there", remedy=remedy)


def _writable(area: str, folder: Path) -> Finding:
    """Tried, not asked: read-only mounts and network shares answer os.access as they like."""
    probe = folder / f".metarr-doctor-{os.getpid()}"
    try:
        descriptor = os.open(probe, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        os.close(descriptor)
        probe.unlink()
    except OSError as fault:
        remedy = f"let the user that runs Metarr (uid {os.geteuid()}) write there"
        says = f"{folder} cannot be written: {fault.strerror}"
        return Finding(area=area, state="wrong", says=says, remedy=remedy)
    return Finding(area=area, state="ok", says=f"{folder} can be written")


def _free_space(area: str, folder: Path) -> Finding:
    free = shutil.disk_usage(folder).free
    says = f"{free / 1024**3:.1f} GiB free on the disk of {folder}"
    if free < _LEAST_FREE:
        return Finding(area=area, state="wrong", says=says, remedy="make room: what cannot be written waits")
    return Finding(area=area, state="ok", says=says)
