"""The numbers of the whole house for Prometheus: this process's own, and what the database says now."""

from collections.abc import Iterable, Iterator

from prometheus_client import REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from metarr.db.queries.jobs_view import QueueShown, list_queues
from metarr.db.queries.system import LibraryCounts, count_libraries
from metarr.errors import DatabaseUnavailable
from metarr_api.checks import WORKING
from metarr_api.tools import Tools

_QUEUE_GAUGES = {
    "depth": "Jobs that wait",
    "ready": "Jobs that could start now",
    "running": "Jobs that run",
    "failed": "Jobs that failed for good and are kept",
    "rate": "Jobs completed in the last minute",
    "workers": "Workers alive",
    "paused": "1 while the queue is paused",
}
_ITEM_STATES = ("unidentified", "identified", "enriched", "deleted")


async def render(tools: Tools) -> bytes:
    """The text format. A database that is away shows as metarr_database_up 0, and its numbers are missing."""
    registry = CollectorRegistry(auto_describe=False)
    try:
        async with tools.db.read() as conn:
            registry.register(_Seen(await list_queues(conn, WORKING), await count_libraries(conn), tools.bus.connected))
    except DatabaseUnavailable:
        registry.register(_Seen(None, (), tools.bus.connected))
    return generate_latest(REGISTRY) + generate_latest(registry)


class _Seen(Collector):
    """What was seen at this moment, as gauges."""

    def __init__(self, queues: Iterable[QueueShown] | None, libraries: Iterable[LibraryCounts], broker: bool) -> None:
        self._queues = queues
        self._libraries = libraries
        self._broker = broker

    def collect(self) -> Iterator[GaugeMetricFamily]:
        yield _single("metarr_database_up", "1 while PostgreSQL answers", self._queues is not None)
        yield _single("metarr_broker_up", "1 while NATS answers", self._broker)
        for name, words in _QUEUE_GAUGES.items():
            gauge = GaugeMetricFamily(f"metarr_queue_{name}", words, labels=["service"])
            for queue in self._queues or ():
                gauge.add_metric([queue.service], float(getattr(queue, name)))
            yield gauge
        yield from self._library_gauges()

    def _library_gauges(self) -> Iterator[GaugeMetricFamily]:
        items = GaugeMetricFamily("metarr_library_items", "Items by state", labels=["library", "state"])
        mounted = GaugeMetricFamily("metarr_library_mounted", "0 when the disk is away", labels=["library"])
        for library in self._libraries:
            for state in _ITEM_STATES:
                items.add_metric([str(library.id), state], float(getattr(library, state)))
            mounted.add_metric([str(library.id)], float(library.mount_state in ("ok", "unknown")))
        yield from (items, mounted)


def _single(name: str, words: str, value: bool) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, words, value=float(value))
