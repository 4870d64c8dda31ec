"""`python -m bench.queue.worker SIDE DATABASE NATS [option …]`: one worker process; works from the word `go` until it is killed."""

import importlib
import logging
import sys


def main(side: str, database_url: str, nats_url: str, *options: str) -> None:
    logging.basicConfig(level=logging.WARNING)
    importlib.import_module(f"bench.queue.sides.{side}").work(database_url, nats_url, *options)


if __name__ == "__main__":
    main(*sys.argv[1:])
