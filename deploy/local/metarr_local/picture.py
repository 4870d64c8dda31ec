"""Draws the pipeline from the code that runs it: handlers say which facts come out, `pipeline.after` which jobs follow."""

import inspect
import sys
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any, Literal, TypeAliasType, get_args, get_origin, get_type_hints

import msgspec

from metarr.messages import facts
from metarr.messages.facts import AnyFact, Fact
from metarr.messages.jobs import ALL_JOBS, Job
from metarr.pipeline import Policy, after
from metarr_cache.jobs import Handlers as Cache
from metarr_enricher.jobs import Handlers as Enricher
from metarr_publisher.jobs import Handlers as Publisher
from metarr_scanner.jobs import Handlers as Scanner

_ROOMS: tuple[type[object], ...] = (Scanner, Enricher, Cache, Publisher)
_BEGIN, _END = "<!-- pipeline: drawn by `make picture` -->", "<!-- end of pipeline -->"


def draw() -> str:
    """A mermaid flow chart: boxes are jobs by service, rounded boxes facts, edges what follows what."""
    lines = ["```mermaid", "flowchart LR"]
    for service in ("scanner", "enricher", "cache", "publisher"):
        kinds = [job.__name__ for job in ALL_JOBS if job.service == service]
        lines += [f"    subgraph {service}", *(f"        {kind}[{kind}]" for kind in kinds), "    end"]
    lines += ["    person([a person]) --> ItemEdited & ItemPinned & AssetPicked & ItemRestored & ScanLibrary"]
    lines += ["    clock([the clock]) --> HouseworkFellDue & LibraryFellDue"]
    shown = sorted({*_stated(), *((fact.__name__, kind) for fact in _kinds_of_fact() for kind in _following(fact))})
    for name in sorted({name for edge in shown for name in edge if hasattr(facts, name)}):
        lines.append(f"    {name}({name})")
    lines += [f"    {source} --> {target}" for source, target in shown]
    return "\n".join([*lines, "```"])


def _stated() -> Iterator[tuple[str, str]]:
    """(job, fact) as the annotations of the handlers say; facts that nothing follows are left to the reader of facts.py."""
    for room in _ROOMS:
        for _, handler in inspect.getmembers(room, inspect.iscoroutinefunction):
            said = get_type_hints(handler)
            kind = next((hint for hint in said.values() if isinstance(hint, type) and issubclass(hint, Job)), None)
            if kind is not None:
                yield from ((kind.__name__, fact.__name__) for fact in _facts_in(said["return"]) if _following(fact))


def _facts_in(annotation: Any) -> Iterator[type[Fact]]:
    if isinstance(annotation, TypeAliasType):
        yield from _facts_in(annotation.__value__)
    elif isinstance(annotation, type) and issubclass(annotation, Fact):
        yield annotation
    for part in get_args(annotation):
        yield from _facts_in(part)


def _kinds_of_fact() -> tuple[type[Fact], ...]:
    return get_args(AnyFact.__value__)


def _following(fact: type[Fact]) -> set[str]:
    """Every job that can follow a fact, whatever its fields say."""
    return {type(step.job).__name__ for said in _variants(fact) for step in after(said, Policy())}


def _variants(fact: type[Fact]) -> Iterator[Any]:
    fields = msgspec.structs.fields(fact)
    choices = [_choices(field.type) for field in fields]
    for values in product(*choices):
        yield fact(**dict(zip([field.name for field in fields], values, strict=True)))


def _choices(kind: Any) -> list[Any]:
    if get_origin(kind) is Literal:
        return list(get_args(kind))
    if kind is bool:
        return [False, True]
    if get_origin(kind) is tuple:
        return [(), ("x",)]
    return [1] if kind is int else ["x"]


def put_into(document: Path) -> bool:
    """Replace the drawing between its marks; True when the file has changed."""
    text = document.read_text()
    head, _, rest = text.partition(_BEGIN)
    _, _, tail = rest.partition(_END)
    new = f"{head}{_BEGIN}\n{draw()}\n{_END}{tail}"
    if new != text:
        document.write_text(new)
    return new != text


def main() -> None:
    """Bring the drawings in the named documents up to date."""
    for name in sys.argv[1:]:
        print(f"{name}: {'drawn anew' if put_into(Path(name)) else 'up to date'}")


if __name__ == "__main__":
    main()
