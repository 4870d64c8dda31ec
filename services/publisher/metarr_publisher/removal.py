"""Takes out of the library what was published for a film that is gone for good, into the recycle bin.

Only files that are as we wrote them go. What somebody has changed, what another film has taken over, and portraits beside a
video that is still there stay. Everything here blocks and belongs in a thread.
"""

from collections.abc import Collection
from datetime import datetime
from posixpath import dirname

from msgspec import Struct

from metarr.domain.classify.extensions import file_type
from metarr.domain.classify.folders import ACTORS_FOLDER
from metarr.domain.publication import PublishedFile
from metarr.errors import PublishFailed
from metarr.messages.jobs import WrittenFile
from metarr_publisher.compare import unchanged
from metarr_publisher.folder import Folder
from metarr_publisher.recycle import RecycleBin
from metarr_publisher.site import leaf
from metarr_publisher.words import HOPELESS, explain

REASON = "the film was removed from the trash for good"


class Removal(Struct, frozen=True, kw_only=True):
    """Paths below the library's root; `kept` with the reason, `failures` in words. What was gone already is in neither."""

    removed: tuple[str, ...] = ()
    kept: tuple[tuple[str, str], ...] = ()
    failures: tuple[str, ...] = ()


def remove_published(root: str, files: Collection[WrittenFile], taken_over: Collection[str], now: datetime) -> Removal:
    """Remove each file that may go. `taken_over` are the paths that we have written for other films meanwhile."""
    recycle_bin = RecycleBin(root, now)
    removed: list[str] = []
    kept: list[tuple[str, str]] = []
    failures: list[str] = []
    for file in files:
        relative = file.path.removeprefix(f"{root}/")
        try:
            why = "another film has it now" if file.path in taken_over else _why_not(root, file)
            if why is not None:
                kept.append((relative, why))
            elif _take(root, file, relative, recycle_bin):
                removed.append(relative)
        except PublishFailed as refused:
            kept.append((relative, str(refused)))
        except OSError as refused:
            failures.append(explain(refused, file.path))
            if refused.errno in HOPELESS:
                break
    return Removal(removed=tuple(removed), kept=tuple(kept), failures=tuple(failures))


def _why_not(root: str, file: WrittenFile) -> str | None:
    if not f"{dirname(file.path)}/".startswith(f"{root}/"):
        return "it is not in the library any more"
    if file.kind == "actor_image" and _is_beside_a_video(root, dirname(dirname(file.path))):
        return "a film that is still there may share it"
    return None


def _is_beside_a_video(root: str, above: str) -> bool:
    """Films of one folder share the portraits of their actors."""
    try:
        with Folder.open(above, inside=root) as folder:
            return any(file_type(name) == "video" for name in folder.names())
    except (FileNotFoundError, NotADirectoryError):
        return False


def _take(root: str, file: WrittenFile, relative: str, recycle_bin: RecycleBin) -> bool:
    """False when it is not there. Raises PublishFailed, in words, when it is not ours any more."""
    above, name = dirname(file.path), leaf(file.path)
    try:
        folder = Folder.open(above, inside=root)
    except (FileNotFoundError, NotADirectoryError):
        return False
    with folder:
        found = folder.look(name)
        if found is None:
            return False
        ours = PublishedFile(
            path=file.path,
            kind=file.kind,
            content_hash=file.content_hash,
            file_size=file.file_size,
            mtime_ns=file.mtime_ns,
        )
        if found.kind != "file" or not (unchanged(found, ours) or folder.hash(name) == file.content_hash):
            raise PublishFailed("it was changed by somebody else")
        recycle_bin.keep(folder, name, relative, reason=REASON, content_hash=file.content_hash)
        folder.remove(name)
        folder.sync()
    if leaf(above) == ACTORS_FOLDER:
        with Folder.open(dirname(above), inside=root) as film:
            film.remove_folder(ACTORS_FOLDER)
    return True
