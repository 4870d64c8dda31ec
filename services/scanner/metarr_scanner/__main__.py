"""The scanner service: composed here, run by `python -m metarr_scanner`."""

from metarr.runtime import Service, ServiceParts, run_service
from metarr.runtime.scheduler import Scheduler
from metarr_scanner.jobs import Handlers
from metarr_scanner.names import NameReader
from metarr_scanner.probe import Prober

SLOTS = 4
"""One is kept for what a person waits for; of the others one waits for the probe process, one for the database, one reads folders."""


async def build(service: Service) -> ServiceParts:
    """Compose the service from its environment."""
    prober = await service.stack.enter_async_context(Prober())
    names = await service.stack.enter_async_context(NameReader())
    scheduler = Scheduler(service.db, service.bus, service.clock)
    return ServiceParts(handlers=Handlers(prober, names), slots=SLOTS, beside=(scheduler.run,))


def main() -> None:
    run_service("scanner", build)


if __name__ == "__main__":
    main()
