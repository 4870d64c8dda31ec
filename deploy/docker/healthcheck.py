"""Whether the service of this container lives: the API answers, a worker's heart has beaten. Exit code 0 or 1."""

import asyncio
import os
import socket
import sys
import urllib.request

from metarr.db import Database
from metarr.errors import MetarrError

_TIMEOUT = 10.0
# A heart beats every five seconds; a worker that is stopping is not unhealthy.
_BEATS = (
    "SELECT count(*) FROM workers WHERE service = $1 AND host = $2 AND heartbeat_at > now() - interval '30 seconds'"
)


def api_answers() -> bool:
    """Whether GET /health answers 200 on this container's port."""
    port, base = os.environ.get("METARR_PORT") or "8787", os.environ.get("METARR_BASE_PATH", "")
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{base}/health", timeout=_TIMEOUT) as answer:
        return bool(answer.status == 200)


async def heart_beats(service: str) -> bool:
    """Whether a worker of this service on this host was seen just now."""
    database = await Database.connect(os.environ["METARR_DATABASE_URL"], name="healthcheck", max_size=1)
    try:
        async with database.read() as connection:
            return bool(await connection.fetchval(_BEATS, service, socket.gethostname()))
    finally:
        await database.close()


def main(service: str) -> int:
    try:
        alive = api_answers() if service == "api" else asyncio.run(asyncio.wait_for(heart_beats(service), _TIMEOUT))
    except (OSError, MetarrError) as fault:
        sys.stderr.write(f"{service}: {fault}\n")
        return 1
    return 0 if alive else 1


if __name__ == "__main__":
    sys.exit(main(os.environ["SERVICE"]))
