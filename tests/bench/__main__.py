"""`python -m tests.bench [name …]`: runs the usual benchmarks, or those named, and prints one table of ratios."""

import asyncio
import logging
import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

import structlog

sys.path.insert(0, str(Path(__file__).parents[1]))  # as pytest does: `support` and `bench` lie in tests

from bench import (
    artwork,
    artwork_downloads,
    artwork_looks,
    artwork_lookup,
    http,
    names,
    nfo,
    rescan,
    scan,
    statements,
)
from bench.house import House, open_house
from bench.table import Row, show

ON_SERVERS: Mapping[str, Callable[[House], Awaitable[list[Row]]]] = {
    "scan": scan.run,
    "rescan": rescan.run,
    "statements": statements.run,
    "http": http.run,
    "artwork-lookup": artwork_lookup.run,
}
IN_PROCESS: Mapping[str, Callable[[], list[Row]]] = {
    "artwork": artwork.run,
    "artwork-downloads": artwork_downloads.run,
    "artwork-looks": artwork_looks.run,
    "nfo": nfo.run,
    "names": names.run,
}
ON_REQUEST = frozenset({"artwork-lookup", "artwork-downloads", "artwork-looks"})
"""Run only when named: `make bench-artwork` does."""


def main(wanted: list[str]) -> int:
    known = [*ON_SERVERS, *IN_PROCESS]
    unknown = [name for name in wanted if name not in known]
    if unknown:
        print(f"there is no benchmark {', '.join(unknown)}; there are {', '.join(known)}", file=sys.stderr)
        return 2
    chosen = wanted or [name for name in known if name not in ON_REQUEST]
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    rows = asyncio.run(_on_servers([name for name in chosen if name in ON_SERVERS]))
    for name in chosen:
        if name in IN_PROCESS:
            _announce(name)
            rows += IN_PROCESS[name]()
    show(rows)
    return 0


async def _on_servers(chosen: list[str]) -> list[Row]:
    if not chosen:
        return []
    rows: list[Row] = []
    async with open_house() as house:
        for name in chosen:
            _announce(name)
            rows += await ON_SERVERS[name](house)
    return rows


def _announce(name: str) -> None:
    print(f"{name} …", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
