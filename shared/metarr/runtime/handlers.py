"""Finds the handlers of a service: public coroutine methods whose first parameter is a job."""

import inspect
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, get_type_hints

import msgspec
from msgspec import Struct

from metarr.errors import Permanent, Retry
from metarr.messages.facts import AnyFact
from metarr.messages.jobs import Job
from metarr.runtime.work import Work

_NEWER_SOON = timedelta(seconds=10)

type Outcome = AnyFact | tuple[AnyFact, ...] | None
type Handle = Callable[[Any, Work], Awaitable[Outcome]]


class Handler(Struct, frozen=True, kw_only=True):
    """One kind of job and the coroutine that does it."""

    job: type[Job]
    handle: Handle

    @property
    def kind(self) -> str:
        return self.job.__name__

    def decode(self, payload: dict[str, Any]) -> Job:
        """Raises Permanent when the payload is not of this kind's shape, Retry when only a newer version can have written it.

        An older worker that passed over a field would do half of what was asked; while versions run side by side, a newer
        one finds the job in the line again.
        """
        if unknown := payload.keys() - self.job.__struct_fields__:
            raise Retry(
                f"{self.kind} holds {', '.join(sorted(unknown))}, which this version does not know", after=_NEWER_SOON
            )
        try:
            return msgspec.convert(payload, type=self.job)
        except msgspec.ValidationError as wrong:
            raise Permanent(f"the payload is not one of {self.kind}: {wrong}") from wrong


def handlers_of(service: object) -> dict[str, Handler]:
    """All handlers of an object, by kind. A handler is named as its job in snake_case; anything else is a mistake."""
    found = {}
    for name, method in inspect.getmembers(service, inspect.iscoroutinefunction):
        first = next(iter(inspect.signature(method).parameters.values()), None)
        kind = get_type_hints(method).get(first.name) if first else None
        if not name.startswith("_") and inspect.isclass(kind) and issubclass(kind, Job):
            if name != _snake_case(kind.__name__):
                raise TypeError(f"the handler of {kind.__name__} is called {name}")
            found[kind.__name__] = Handler(job=kind, handle=method)
    return found


def _snake_case(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")
