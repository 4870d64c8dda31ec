"""Stores what a scan found in the job's one transaction: a few statements for all films of the batch, and only what differs."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from metarr.db import Connection
from metarr.db.queries import scan_store
from metarr.db.queries.history import record_changes
from metarr.db.queries.problems import clear_problems, set_problems
from metarr.db.queries.scan import LibraryRow, remember_folders
from metarr.messages.facts import FolderFact, FolderUnidentified, ItemIdentified, ItemMissing, ItemVerified
from metarr_scanner.compare import FilmChange
from metarr_scanner.findings import Findings
from metarr_scanner.library_scan import tell_troubles


async def store_findings(
    conn: Connection, library: LibraryRow, findings: Findings, *, now: datetime, job_id: int
) -> tuple[FolderFact, ...]:
    """Write everything and say what has happened."""
    rows = [
        *(change.row.id for change in findings.changes if change.row is not None),
        *(row.id for row in findings.lost),
    ]
    there = await scan_store.lock_films(conn, rows) if rows else set()
    changes = [change for change in findings.changes if change.row is None or change.row.id in there]
    trashed = await scan_store.trash_films(conn, [row.id for row in findings.lost], now) if findings.lost else {}
    ids = await _store_rows(conn, library.id, changes)
    await _store_surroundings(conn, library.id, changes, ids, now)
    await _store_words(conn, changes, ids, now, job_id)
    if findings.folders:
        await remember_folders(conn, library.id, findings.folders, now)
    if findings.troubled:
        await tell_troubles(conn, library.id)
    return (
        *_facts(library.id, changes, ids),
        *(
            ItemMissing(entity_type="movie", entity_id=id_, library_id=library.id, path=path)
            for id_, path in trashed.items()
        ),
        *(FolderUnidentified(library_id=library.id, path=path, reason=why) for path, why in findings.undecided),
    )


async def _store_rows(conn: Connection, library_id: int, changes: Sequence[FilmChange]) -> dict[str, int]:
    """Insert and update; the answer is the id of every film by path."""
    ids = {change.path: change.row.id for change in changes if change.row is not None}
    changed = [change.changed for change in changes if change.changed is not None]
    if changed:
        await scan_store.update_films(conn, changed)
    new = [change.new for change in changes if change.new is not None]
    if new:
        ids |= await scan_store.insert_films(conn, library_id, new)
    return ids


async def _store_surroundings(
    conn: Connection, library_id: int, changes: Sequence[FilmChange], ids: dict[str, int], now: datetime
) -> None:
    """Streams, files, pictures: each kind in one statement, and none where nothing differs."""
    streams = {ids[change.path]: change.streams for change in changes if change.streams is not None}
    if streams:
        fresh = [ids[change.path] for change in changes if change.row is None]
        await scan_store.replace_streams(conn, streams, fresh)
    subtitles = {ids[change.path]: change.subtitles for change in changes if change.subtitles is not None}
    if subtitles:
        await scan_store.replace_subtitle_files(conn, subtitles)
    gone = _each(changes, ids, lambda change: change.files_gone)
    if gone:
        await scan_store.forget_files(conn, gone)
    files = {ids[change.path]: change.files for change in changes if change.files}
    if files:
        await scan_store.store_files(conn, library_id, files)
    moved = [(ids[change.path], old, new) for change in changes for old, new in change.pictures_moved]
    if moved:
        await scan_store.move_pictures(conn, moved)
    pictures_gone = _each(changes, ids, lambda change: change.pictures_gone)
    if pictures_gone:
        await scan_store.forget_pictures(conn, pictures_gone)
    pictures = {ids[change.path]: change.pictures for change in changes if change.pictures}
    if pictures:
        await scan_store.store_pictures(conn, pictures)


async def _store_words(
    conn: Connection, changes: Sequence[FilmChange], ids: dict[str, int], now: datetime, job_id: int
) -> None:
    """What NFO files say, what is wrong, and the history of what a name or an NFO changed in a row."""
    answers = {ids[change.path]: change.answer for change in changes if change.answer is not None}
    if answers:
        await scan_store.store_answers(conn, answers, now)
    problems = {ids[change.path]: change.problem for change in changes if change.problem is not None}
    if problems:
        await set_problems(conn, "movie", "scan", problems)
    fine = [ids[change.path] for change in changes if change.problem_gone]
    if fine:
        await clear_problems(conn, "movie", fine, "scan")
    for change in changes:
        if change.history:
            await record_changes(conn, "movie", ids[change.path], change.history, job_id=job_id)


def _facts(library_id: int, changes: Iterable[FilmChange], ids: dict[str, int]) -> list[FolderFact]:
    facts: list[FolderFact] = []
    for change in changes:
        film = ids[change.path]
        if change.change is not None:
            facts.append(
                ItemIdentified(
                    entity_type="movie", entity_id=film, library_id=library_id, change=change.change, known=change.known
                )
            )
        elif change.published_missing:
            facts.append(ItemVerified(entity_type="movie", entity_id=film, missing=change.published_missing))
    return facts


def _each(
    changes: Iterable[FilmChange], ids: dict[str, int], what: Callable[[FilmChange], tuple[str, ...]]
) -> list[tuple[int, str]]:
    return [(ids[change.path], one) for change in changes for one in what(change)]
