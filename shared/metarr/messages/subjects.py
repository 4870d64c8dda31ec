"""Subjects on NATS, derived from the Structs; nobody types one by hand."""

from metarr.messages.facts import AnyFact
from metarr.messages.requests import Request

EVENTS = "metarr.events.>"
EVENT_STREAM = "METARR_EVENTS"
PROGRESS = "metarr.progress.>"


def doorbell(service: str) -> str:
    """Core NATS: "there is work for `service`"."""
    return f"metarr.jobs.{service}"


def fact(said: AnyFact) -> str:
    """JetStream: `metarr.events.<media>.<fact>.<item id>`."""
    media, item_id = said.item
    return f"metarr.events.{media}.{type(said).__name__}.{item_id}"


def request(asked: Request | type[Request]) -> str:
    """Request/reply through a NATS micro service."""
    return f"metarr.requests.{asked.service}.{asked.verb}"


def control(service: str, verb: str) -> str:
    """Core NATS: cancel, pause, resume, settings."""
    return f"metarr.control.{service}.{verb}"


def progress(job_id: int) -> str:
    """Core NATS: how far a running job is; never stored."""
    return f"metarr.progress.{job_id}"
