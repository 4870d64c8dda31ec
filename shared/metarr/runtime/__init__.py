"""A service's life: worker loop, settings, logging, metrics, health, clock."""

from metarr.runtime.clock import Clock, SystemClock
from metarr.runtime.recording import Recorded, new_job, record
from metarr.runtime.relay import Relay
from metarr.runtime.service import Service, ServiceParts, run_service
from metarr.runtime.version import VERSION
from metarr.runtime.work import Work

__all__ = [
    "VERSION",
    "Clock",
    "Recorded",
    "Relay",
    "Service",
    "ServiceParts",
    "SystemClock",
    "Work",
    "new_job",
    "record",
    "run_service",
]
