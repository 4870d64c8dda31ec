"""`metarr up` with real PostgreSQL and NATS and stand-ins for the services. Run as a program with the flags of `up`."""

import sys
from pathlib import Path

import msgspec
from cyclopts import App

from metarr_local import __main__ as command_line
from metarr_local.place import HERE, Place
from metarr_local.up import up

STAND_IN = str(Path(__file__).with_name("stand_in_service.py"))

app = App()


@app.default
def run(*, place: Place = HERE) -> int:
    plan = msgspec.structs.replace(place.plan(), command=lambda name: (sys.executable, STAND_IN, f"metarr_{name}"))
    return up(plan)


if __name__ == "__main__":
    command_line.app = app
    command_line.main()
