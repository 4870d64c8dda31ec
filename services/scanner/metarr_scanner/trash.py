"""Empties the trash: films whose time there is over go for good, unless their library cannot be believed or their file is there.

A film that a person deleted and whose video still lies in the library stays in the trash: its row is what keeps the next scan
from bringing the film back.
"""

import asyncio
import os
from collections.abc import Iterator, Sequence
from itertools import batched

from metarr.db.queries.purge import ExpiredFilm, find_orphans, forget_orphans, list_expired, purge_films
from metarr.db.queries.scan import LibraryRow, load_library
from metarr.messages.facts import ItemPurged, OrphansForgotten, TrashPurged
from metarr.messages.jobs import PurgeDeleted, WrittenFile
from metarr.runtime import Work
from metarr_scanner.guard import judge_now

BATCH = 50
"""Films in one transaction."""
ORPHANS = 500
"""Rows of each kind in one transaction."""
_MOST_FILES = 25

_HEALTHY = frozenset({"ok", "unknown"})


async def purge(job: PurgeDeleted, work: Work) -> tuple[ItemPurged | TrashPurged, ...]:
    """One batch. Every film that goes is a fact; so is how many went and where the next batch begins."""
    async with work.read() as conn:
        films = await list_expired(conn, now=work.clock.now(), after=job.after, limit=BATCH)
        known = {film.library_id: await load_library(conn, film.library_id) for film in films}
    libraries = {number: library for number, library in known.items() if library is not None}
    going = await asyncio.to_thread(_truly_gone, films, libraries)
    async with work.write() as conn:
        written = await purge_films(conn, going) if going else {}
    places = {film.id: film.library_id for film in films}
    last = films[-1].id if len(films) == BATCH else None
    return (
        *(fact for film, files in written.items() for fact in _facts(film, places[film], files)),
        TrashPurged(purged=len(written), kept=len(films) - len(written), last=last),
    )


async def forget(work: Work) -> OrphansForgotten:
    """One batch of the people, genres, studios and collections that nothing belongs to any more."""
    async with work.read() as conn:
        orphans = await find_orphans(conn, ORPHANS)
    if not orphans:
        return OrphansForgotten(removed=0)
    async with work.write() as conn:
        removed = await forget_orphans(conn, orphans)
    return OrphansForgotten(removed=removed, more=removed > 0 and max(map(len, orphans.values())) == ORPHANS)


def _truly_gone(films: Sequence[ExpiredFilm], libraries: dict[int, LibraryRow]) -> list[ExpiredFilm]:
    """The films without a file, in libraries that may be believed now as they could at their last scan; blocking."""
    believed = {number for number, library in libraries.items() if _is_believed(library)}
    gone = [film for film in films if film.library_id in believed and not any(map(_may_be_there, film.paths))]
    still = {number for number in believed if _is_believed(libraries[number])}
    return [film for film in gone if film.library_id in still]


def _is_believed(library: LibraryRow) -> bool:
    return library.mount_state in _HEALTHY and judge_now(library).healthy


def _may_be_there(path: str) -> bool:
    """What cannot be looked at may be there."""
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True


def _facts(film: int, library_id: int, files: Sequence[WrittenFile]) -> Iterator[ItemPurged]:
    for part in batched(files, _MOST_FILES, strict=False) if files else ((),):
        yield ItemPurged(entity_type="movie", entity_id=film, library_id=library_id, files=tuple(part))
