"""Takes films out whose folders are gone, after a last look whether they really are."""

import asyncio
import os
from collections.abc import Iterable, Sequence

from metarr.db.queries.scan import LibraryRow, forget_folders
from metarr.db.queries.scan_films import FilmRow, load_films_below
from metarr.db.queries.scan_store import lock_films, trash_films
from metarr.messages.facts import ItemMissing
from metarr.runtime import Work
from metarr_scanner.ignoring import IgnoreRules
from metarr_scanner.library_scan import tell_troubles


async def find_vanished(
    work: Work, library: LibraryRow, paths: Sequence[str], ignore_patterns: Iterable[str]
) -> tuple[list[str], list[FilmRow]]:
    """Of these directories those that are gone, or hidden now, and the films that lay in them."""
    rules = IgnoreRules(library.path, ignore_patterns)
    gone = await asyncio.to_thread(lambda: [path for path in paths if _is_gone(path, rules)])
    async with work.read() as conn:
        return gone, list((await load_films_below(conn, library.id, gone)).values())


async def take_out(
    work: Work, library: LibraryRow, folders: Sequence[str], films: Sequence[FilmRow]
) -> tuple[ItemMissing, ...]:
    """Put these films into the trash and forget the directories."""
    async with work.write() as conn:
        await lock_films(conn, [film.id for film in films])
        trashed = await trash_films(conn, [film.id for film in films], work.clock.now()) if films else {}
        await forget_folders(conn, library.id, folders, below=True)
        await tell_troubles(conn, library.id)
        return tuple(
            ItemMissing(entity_type="movie", entity_id=film, library_id=library.id, path=path)
            for film, path in trashed.items()
        )


def _is_gone(path: str, rules: IgnoreRules) -> bool:
    folder, name = os.path.split(path)
    return not os.path.lexists(path) or rules.of(folder).ignores(name, is_folder=True)
