"""The jobs of the scanner: walk a library, read film folders, take out what has vanished; and keep the house clean of old rows."""

import asyncio

from metarr.db.queries.scan import LibraryRow
from metarr.db.queries.settings import load_settings
from metarr.domain.mount import judge_root
from metarr.domain.settings import Settings
from metarr.messages.facts import FolderFact, HistoryPruned, ItemPurged, OrphansForgotten, TrashPurged, WalkFact
from metarr.messages.jobs import ForgetOrphans, PruneHistory, PurgeDeleted, ScanFolder, ScanLibrary
from metarr.runtime import Work
from metarr_scanner import history, trash
from metarr_scanner.finding import Tools, find_films, load_around
from metarr_scanner.findings import Findings, findings_of
from metarr_scanner.guard import judge_now, look_at_root, stop_here
from metarr_scanner.library_scan import facts_of, judge, load_known, scannable, store_walk, walk
from metarr_scanner.names import NameReader
from metarr_scanner.probe import Prober
from metarr_scanner.recognising import compare, recognise
from metarr_scanner.scene import read_scenes
from metarr_scanner.storing import store_findings
from metarr_scanner.vanished import find_vanished, take_out


class Handlers:
    """Handlers of the scanner service."""

    def __init__(self, prober: Prober, names: NameReader) -> None:
        self._tools = Tools(prober=prober, names=names)

    async def scan_library(self, job: ScanLibrary, work: Work) -> WalkFact | tuple[WalkFact, ...]:
        """Find out which folders are new, changed or gone, unless the library is not to be believed."""
        began = work.clock.monotonic()
        known = await load_known(work, job)
        root = await asyncio.to_thread(look_at_root, known.library.path)
        verdict = judge_root(root, len(known.films))
        if not verdict.healthy:
            return await stop_here(work, known.library, verdict)
        walked = await walk(work, known, full=job.full)
        verdict = await judge(known, root, walked)
        if not verdict.healthy:
            return await stop_here(work, known.library, verdict)
        await store_walk(work, known, root, walked)
        return facts_of(known.library.id, walked, work.clock.monotonic() - began)

    async def scan_folder(self, job: ScanFolder, work: Work) -> FolderFact | tuple[FolderFact, ...]:
        """Read film folders: which films are in them, which rows those are, what is new about them; or take them out."""
        async with work.read() as conn:
            library = await scannable(conn, job.library_id)
            settings = await load_settings(conn, library.id)
        verdict = await asyncio.to_thread(judge_now, library)
        if not verdict.healthy:
            return await stop_here(work, library, verdict)
        if job.vanished:
            gone, lost = await find_vanished(work, library, job.paths, settings.ignore_patterns)
        else:
            findings = await self._read_folders(job, work, library, settings)
        verdict = await asyncio.to_thread(judge_now, library)
        if not verdict.healthy:
            return await stop_here(work, library, verdict)
        if job.vanished:
            return await take_out(work, library, gone, lost)
        async with work.write() as conn:
            return await store_findings(conn, library, findings, now=work.clock.now(), job_id=work.job.id)

    async def prune_history(self, _job: PruneHistory, work: Work) -> HistoryPruned:
        """Delete a batch of the jobs and webhook events that nobody looks at any more."""
        return await history.prune(work)

    async def purge_deleted(self, job: PurgeDeleted, work: Work) -> tuple[ItemPurged | TrashPurged, ...]:
        """Remove for good a batch of what has been in the trash too long."""
        return await trash.purge(job, work)

    async def forget_orphans(self, _job: ForgetOrphans, work: Work) -> OrphansForgotten:
        """Remove a batch of the people, genres, studios and collections that belong to nothing any more."""
        return await trash.forget(work)

    async def _read_folders(self, job: ScanFolder, work: Work, library: LibraryRow, settings: Settings) -> Findings:
        scenes = await asyncio.to_thread(read_scenes, job.paths, library.path, settings.ignore_patterns)
        known = await load_around(work, library, scenes)
        found = await find_films(work, scenes, known, self._tools)
        work.ensure_active()
        recognised = await recognise(work, library, scenes, found, known)
        changes = await compare(work, found.films, recognised)
        return findings_of(scenes, found, changes, recognised, now=work.clock.now())
