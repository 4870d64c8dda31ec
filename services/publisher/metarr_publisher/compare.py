"""Compares a plan with what lies in the folder; nothing is written here.

A file whose size and time are those we recorded is not read again. Any other is told by its bytes: the same as planned is ours
without writing, whoever put it there; the same as anything we published for this film is ours to replace; the rest is foreign
and goes to the recycle bin before something takes its place. Files that players would show instead of a planned one stand in the
way as well, unless they hold the same bytes.

What others wrote into an NFO is carried on into ours. Where none lies there any more, what we carried last is carried on again.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from hashlib import sha256

from msgspec import Struct

from metarr.domain.publication import PlannedFile, PublishedFile, PublishPlan
from metarr.formats.nfo.document import LARGEST_NFO
from metarr_publisher.folder import Found
from metarr_publisher.site import Site

type MakeNfo = Callable[[Sequence[bytes]], bytes]
"""The bytes of the NFO, given what NFO files lie there already, the most telling first."""


class Foreign(Struct, frozen=True, kw_only=True):
    """A file that we did not write and that stands in the way. `content_hash` is None for a symbolic link."""

    name: str
    found: Found
    content_hash: str | None


class Step(Struct, frozen=True, kw_only=True):
    """One planned file against what is there. `data` holds the NFO's bytes, as does `carried` when there is more in them than our
    own fields; pictures come from the store.

    `found` is what lies under the name, `recorded` says that published_files has it just so, `blocked` why nothing can be
    written there, in words.
    """

    file: PlannedFile
    content_hash: str
    size: int
    data: bytes | None = None
    carried: bytes | None = None
    found: Found | None = None
    write: bool = False
    recorded: bool = False
    foreign: tuple[Foreign, ...] = ()
    blocked: str | None = None


def compare(
    site: Site, plan: PublishPlan, published: Mapping[str, PublishedFile], make_nfo: MakeNfo
) -> tuple[Step, ...]:
    """One step per planned file, in the plan's order. `published` is what was written for this film, by path."""
    return _Comparison(site, plan, published, make_nfo).steps()


def unchanged(found: Found, record: PublishedFile) -> bool:
    """Whether a file is the very one we wrote, told by size and time alone."""
    return (found.size, found.mtime_ns) == (record.file_size, record.mtime_ns)


class _Comparison:
    def __init__(
        self, site: Site, plan: PublishPlan, published: Mapping[str, PublishedFile], make_nfo: MakeNfo
    ) -> None:
        self._site = site
        self._plan = plan
        self._published = published
        self._make_nfo = make_nfo
        self._ours = frozenset(record.content_hash for record in published.values() if not record.found_there)
        self._names = site.names()

    def steps(self) -> tuple[Step, ...]:
        return tuple(self._step(file) for file in self._plan.files)

    def _step(self, file: PlannedFile) -> Step:
        content_hash, size, data, carried = self._wanted(file)
        found = self._site.look(file.name)
        blocked = self._site.blocked(file.name)
        lying = self._hash(file.name, found) if found is not None and blocked is None else None
        write = lying != content_hash
        foreign = [*self._replaced(file.name, found, lying)] if write and blocked is None else []
        foreign += self._hiding(file, content_hash, size)
        return Step(
            file=file,
            content_hash=content_hash,
            size=size,
            data=data,
            carried=carried,
            found=found,
            write=write and blocked is None,
            recorded=self._recorded(file.name, found, content_hash, carried),
            foreign=tuple(foreign),
            blocked=blocked,
        )

    def _wanted(self, file: PlannedFile) -> tuple[str, int, bytes | None, bytes | None]:
        if file.image is not None:
            return file.image.content_hash, file.image.file_size, None, None
        data = self._make_nfo([*self._previous_nfos(file.name)])
        return sha256(data).hexdigest(), len(data), data, None if data == self._make_nfo(()) else data

    def _previous_nfos(self, target: str) -> list[bytes]:
        """What lies at the target; else our own of another name (the naming has changed); else what we carried on when we last wrote
        one; else what others have left."""
        records = [record for record in self._published.values() if record.kind == "nfo"]
        own = dict.fromkeys((target, *(record.path.rpartition("/")[2] for record in records)))
        carried = [record.carried for record in records if record.carried is not None]
        others = [name for name in dict.fromkeys(self._plan.nfo_sources) if name not in own]
        return [*self._read(own), *carried, *self._read(others)]

    def _read(self, names: Iterable[str]) -> Iterator[bytes]:
        found = (self._site.read(name, LARGEST_NFO) for name in names if name in self._names)
        return (data for data in found if data is not None)

    def _replaced(self, name: str, found: Found | None, lying: str | None) -> list[Foreign]:
        if found is None or (lying is not None and lying in self._ours):
            return []
        return [Foreign(name=name, found=found, content_hash=lying)]

    def _hiding(self, file: PlannedFile, content_hash: str, size: int) -> list[Foreign]:
        hiding = []
        for name in file.hiding:
            found = self._site.look(name) if name in self._names else None
            if found is None or found.kind not in ("file", "link"):
                continue
            lying = self._hash(name, found)
            if lying is None or (lying != content_hash and not self._is_ours(name, lying)):
                hiding.append(Foreign(name=name, found=found, content_hash=lying))
        return hiding

    def _hash(self, name: str, found: Found) -> str | None:
        """What the file holds, without reading it where it is the very one we recorded; None for a link."""
        if found.kind != "file":
            return None
        record = self._published.get(self._path(name))
        if record is not None and unchanged(found, record):
            return record.content_hash
        return self._site.hash(name)

    def _is_ours(self, name: str, content_hash: str) -> bool:
        record = self._published.get(self._path(name))
        return record is not None and record.content_hash == content_hash

    def _recorded(self, name: str, found: Found | None, content_hash: str, carried: bytes | None) -> bool:
        record = self._published.get(self._path(name))
        same = record is not None and found is not None and unchanged(found, record)
        return same and record is not None and (record.content_hash, record.carried) == (content_hash, carried)

    def _path(self, name: str) -> str:
        return f"{self._plan.folder}/{name}"
