"""Makes a folder show its plan: writes only what differs, each file whole or not at all, and puts aside what others have left.

The order for one file: the foreign one gets its second place in the recycle bin (and, a picture, in the store); the new one is
written under a temporary name beside it, dressed with the mode and owner of what it replaces (or of the video), synced, and
renamed over it. So at every moment the name holds either the old file or the new one, and after a kill at any point the same
steps lead to the same end. Files of ours that are planned no more go last, and only when everything else has worked.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from posixpath import dirname, relpath

from msgspec import Struct

from metarr.blobs import BlobStore, stored_path
from metarr.db.queries.publish_record import AdoptedImage
from metarr.domain.classify.extensions import file_type
from metarr.domain.classify.folders import ACTORS_FOLDER, DISC_FOLDERS
from metarr.domain.publication import PublishedFile, PublishPlan, StoredImage
from metarr.errors import MetarrError, NotFound, PublishFailed
from metarr_publisher.adopt import adopted_image, store_picture
from metarr_publisher.compare import Foreign, Step, unchanged
from metarr_publisher.folder import Folder, Found
from metarr_publisher.recycle import RecycleBin, versions_of
from metarr_publisher.site import Site, leaf
from metarr_publisher.words import HOPELESS, explain, no_room

RESERVE = 1 << 20
"""Bytes that are left free on the disk."""

_CHUNK = 1 << 20


class Outcome(Struct, frozen=True, kw_only=True):
    """What was done, with names as in the plan. `records` are all files that stand as planned now; `failures` in words."""

    written: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    unchanged: int = 0
    records: tuple[PublishedFile, ...] = ()
    adopted: tuple[AdoptedImage, ...] = ()
    failures: tuple[str, ...] = ()


class Task(Struct, frozen=True, kw_only=True):
    """What there is to do for one film. `published` is what we wrote, by path; `elsewhere` the hashes of what we wrote for other films."""

    movie_id: int
    root: str
    plan: PublishPlan
    steps: tuple[Step, ...]
    published: Mapping[str, PublishedFile]
    elsewhere: frozenset[str] = frozenset()
    like: Found
    now: datetime


def apply(site: Site, task: Task, store: BlobStore) -> Outcome:
    """Do it. Raises PublishFailed when there is no room; other failures are in the outcome, and what lay there is untouched."""
    _ensure_room(site.folder, task.steps)
    return _Application(site, task, store).run()


def forget_leftovers(site: Site, movie_id: int) -> None:
    """Delete what a killed run has half-written; no two runs for one film are ever at work."""
    for folder in site.folders():
        for name in folder.names():
            if name.startswith(f".metarr-{movie_id}-") and name.endswith(".tmp"):
                folder.remove(name)


class _Application:
    def __init__(self, site: Site, task: Task, store: BlobStore) -> None:
        self._site = site
        self._task = task
        self._store = store
        self._bin = RecycleBin(task.root, task.now)
        self._relative = task.plan.folder.removeprefix(task.root).lstrip("/")
        self._written: list[str] = []
        self._removed: list[str] = []
        self._records: list[PublishedFile] = []
        self._adopted: list[AdoptedImage] = []
        self._failures: list[str] = []
        self._inodes: set[int] = set()

    def run(self) -> Outcome:
        for step in self._task.steps:
            if not self._attempt(f"{self._task.plan.folder}/{step.file.name}", partial(self._take, step)):
                break
        for folder in self._site.folders():
            self._attempt(folder.path, folder.sync)
        if not self._failures:
            self._remove_the_rest()
        return Outcome(
            written=tuple(self._written),
            removed=tuple(self._removed),
            unchanged=len(self._records) - len(self._written),
            records=tuple(self._records),
            adopted=tuple(self._adopted),
            failures=tuple(self._failures),
        )

    def _attempt(self, path: str, action: Callable[[], None]) -> bool:
        """One file's failure does not keep the others; False when nothing that follows can work either."""
        try:
            action()
        except OSError as refused:
            self._failures.append(explain(refused, path))
            return refused.errno not in HOPELESS
        except MetarrError as refused:
            self._failures.append(f"{path}: {refused}")
        return True

    # One planned file

    def _take(self, step: Step) -> None:
        if step.blocked is not None:
            raise PublishFailed(step.blocked)
        if not step.write and not step.recorded:
            self._recover(step)
        aside = [foreign for foreign in step.foreign if foreign.content_hash not in self._task.elsewhere]
        for foreign in aside:
            self._put_aside(step, foreign)
        found = self._write(step) if step.write else self._site.look(step.file.name)
        for foreign in aside:
            if foreign.name != step.file.name:
                self._site.existing(foreign.name).remove(leaf(foreign.name))
                self._removed.append(foreign.name)
        if found is not None:
            self._record(step, found)

    def _put_aside(self, step: Step, foreign: Foreign) -> None:
        folder, name = self._site.existing(foreign.name), leaf(foreign.name)
        _ensure_same(folder.look(name), foreign.found)
        is_picture = step.file.image is not None and foreign.content_hash is not None
        blob = store_picture(folder, name, self._store) if is_picture else None
        reason = f"Metarr published {step.file.name}"
        kept = self._keep(folder, name, reason, foreign.content_hash)
        if blob is not None:
            mtime_ns = foreign.found.mtime_ns
            self._adopted.append(adopted_image(self._task.movie_id, step.file, blob, kept, mtime_ns))

    def _write(self, step: Step) -> Found:
        folder, name = self._site.writable(step.file.name), leaf(step.file.name)
        temporary = f".metarr-{self._task.movie_id}-{len(self._written)}.tmp"
        like = step.found if step.found is not None and step.found.kind == "file" else self._task.like
        mode = like.mode if like is step.found else (like.mode & 0o666) | 0o600
        try:
            written = folder.create(temporary, self._content(step), mode=mode, uid=like.uid, gid=like.gid)
            by_another = self._written_by_another(step, folder, name)
            if by_another is None:
                folder.rename(temporary, name)
                self._written.append(step.file.name)
                return written
        except BaseException:
            with suppress(OSError):
                folder.remove(temporary)
            raise
        folder.remove(temporary)
        return by_another

    def _written_by_another(self, step: Step, folder: Folder, name: str) -> Found | None:
        """Two films of one folder may share an actor, and be published side by side."""
        found = folder.look(name)
        if found is not None and step.found is None and found.kind == "file" and folder.hash(name) == step.content_hash:
            return found
        _ensure_same(found, step.found)
        return None

    def _content(self, step: Step) -> Iterator[bytes]:
        if step.file.image is None:
            yield step.data or b""
        else:
            yield from _picture(self._store, step.file.image)

    def _record(self, step: Step, found: Found) -> None:
        self._inodes.add(found.inode)
        self._records.append(
            PublishedFile(
                path=f"{self._task.plan.folder}/{step.file.name}",
                kind=step.file.kind,
                content_hash=step.content_hash,
                file_size=found.size,
                mtime_ns=found.mtime_ns,
                carried=step.carried,
            )
        )

    def _recover(self, step: Step) -> None:
        """A run that was killed may have replaced a foreign picture without recording it: the bin still has that one."""
        if step.file.image is None:
            return
        above = "/".join(filter(None, (self._relative, dirname(step.file.name))))
        copies = self._bin.copies(above)
        for name in (step.file.name, *step.file.hiding):
            for version in versions_of(leaf(name)):
                if version not in copies:
                    break
                self._adopt_kept(step, copies[version])

    def _adopt_kept(self, step: Step, kept: str) -> None:
        with Folder.open(dirname(kept), inside=self._task.root) as folder:
            found = folder.look(leaf(kept))
            blob = store_picture(folder, leaf(kept), self._store)
        if found is not None and blob is not None and blob.content_hash != step.content_hash:
            self._adopted.append(adopted_image(self._task.movie_id, step.file, blob, kept, found.mtime_ns))

    # What is ours and planned no more

    def _remove_the_rest(self) -> None:
        planned = {f"{self._task.plan.folder}/{file.name}" for file in self._task.plan.files}
        for record in self._task.published.values():
            if record.path not in planned:
                self._attempt(record.path, partial(self._remove, record))

    def _remove(self, record: PublishedFile) -> None:
        above, name = dirname(record.path), leaf(record.path)
        if not f"{above}/".startswith(f"{self._task.root}/"):
            return
        try:
            folder = Folder.open(above, inside=self._task.root)
        except (FileNotFoundError, NotADirectoryError):
            return
        with folder:
            if not self._is_still_ours(folder, name, record) or self._may_be_shared(record):
                return
            self._keep(folder, name, "no longer part of what Metarr publishes here", record.content_hash)
            folder.remove(name)
            folder.sync()
        self._removed.append(relpath(record.path, self._task.plan.folder))
        if leaf(above) == ACTORS_FOLDER:
            with Folder.open(dirname(above), inside=self._task.root) as film:
                film.remove_folder(ACTORS_FOLDER)

    def _is_still_ours(self, folder: Folder, name: str, record: PublishedFile) -> bool:
        """Not so when it was changed since, nor when it is a planned file under another spelling of its path."""
        found = folder.look(name)
        if found is None or found.kind != "file" or found.inode in self._inodes:
            return False
        return unchanged(found, record) or folder.hash(name) == record.content_hash

    def _may_be_shared(self, record: PublishedFile) -> bool:
        """Films of one folder share the portraits of their actors: one may go only when no other film is there."""
        above = dirname(dirname(record.path))
        alone = (self._task.plan.own and above == self._task.plan.folder) or leaf(above).lower() in DISC_FOLDERS
        if record.kind != "actor_image" or alone:
            return False
        with Folder.open(above, inside=self._task.root) as film:
            return any(file_type(name) == "video" for name in film.names())

    def _keep(self, folder: Folder, name: str, reason: str, content_hash: str | None) -> str:
        relative = f"{folder.path}/{name}".removeprefix(self._task.root).lstrip("/")
        return self._bin.keep(folder, name, relative, reason=reason, content_hash=content_hash)


def _picture(store: BlobStore, image: StoredImage) -> Iterator[bytes]:
    """The bytes of a stored picture. Raises PublishFailed when it is missing, or at the end when its hash is another."""
    digest = hashlib.sha256()
    try:
        file = store.open(stored_path(image.content_hash, image.extension))
    except NotFound as lost:
        raise PublishFailed("the picture is missing from the store; choose it again or refresh the artwork") from lost
    with file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            yield chunk
    if digest.hexdigest() != image.content_hash:
        raise PublishFailed("the picture in the store is damaged; choose it again or refresh the artwork")


def _ensure_same(found: Found | None, seen: Found | None) -> None:
    """Raises PublishFailed when somebody has changed the file since it was compared; the next try compares again."""
    if (found.version if found else None) != (seen.version if seen else None):
        raise PublishFailed("the file was changed by somebody else in this moment")


def _ensure_room(folder: Folder, steps: Sequence[Step]) -> None:
    needed = sum(step.size for step in steps if step.write)
    free = folder.free_bytes()
    if needed and free is not None and free < needed + RESERVE:
        raise PublishFailed(no_room(folder.path, needed, free))
