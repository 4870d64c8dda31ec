"""One film on the disk: where its files stand, how they differ from the plan, and making them the same.

Everything here blocks and belongs in a thread.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial

import msgspec
from msgspec import Struct

from metarr.blobs import BlobStore
from metarr.db.queries.publish import FilmToPublish
from metarr.domain.publication import MediaFile, PublishPlan, plan
from metarr.errors import Discard, PublishFailed
from metarr_publisher.apply import Outcome, Task, apply, forget_leftovers
from metarr_publisher.compare import Step, compare
from metarr_publisher.folder import Found, describe
from metarr_publisher.guard import ensure_online
from metarr_publisher.nfo import make_nfo
from metarr_publisher.site import Site
from metarr_publisher.verify import Findings, verify
from metarr_publisher.words import explain


class Survey(Struct, frozen=True, kw_only=True):
    """The plan of a film against what lies there; `video` is the film's own file, whose mode and owner new files take."""

    plan: PublishPlan
    steps: tuple[Step, ...]
    video: Found

    @property
    def is_recorded(self) -> bool:
        """Whether the database says just what lies there."""
        return all(step.recorded for step in self.steps)

    @property
    def foreign_paths(self) -> list[str]:
        return [f"{self.plan.folder}/{foreign.name}" for step in self.steps for foreign in step.foreign]


def survey(film: FilmToPublish, movie_id: int) -> Survey:
    """Look; nothing is written, only what a killed run has half-written goes.

    Raises LibraryOffline, Discard when the film is not where it was, PublishFailed when its folder cannot be read.
    """
    video = _video(film)
    planned = _plan(film)
    with _site(film, planned) as site:
        forget_leftovers(site, movie_id)
        steps = compare(site, planned, film.published, partial(make_nfo, film.publication))
    return Survey(plan=planned, steps=steps, video=video)


def bring_about(
    film: FilmToPublish, movie_id: int, found: Survey, elsewhere: frozenset[str], store: BlobStore, now: datetime
) -> Outcome:
    """Write what differs. `elsewhere`: hashes of files in the way that Metarr wrote for other films. Raises PublishFailed."""
    task = Task(
        movie_id=movie_id,
        root=film.publication.root,
        plan=found.plan,
        steps=found.steps,
        published=film.published,
        elsewhere=elsewhere,
        like=found.video,
        now=now,
    )
    with _site(film, found.plan) as site:
        return apply(site, task, store)


def inspect(film: FilmToPublish, store: BlobStore) -> Findings:
    """What is missing or damaged. Raises as `survey`."""
    _video(film)
    planned = _plan(film)
    with _site(film, planned) as site:
        return verify(site, planned, film.published, store)


def _video(film: FilmToPublish) -> Found:
    """The film's file; without it nothing is written, for the next scan will say where it is now."""
    _ensure_online(film)
    path = film.publication.media.file_path
    try:
        return describe(os.stat(path))
    except (FileNotFoundError, NotADirectoryError):
        _ensure_online(film)  # the disk may have gone in this moment
        raise Discard(f"{path} is no longer there; a scan will find where it is now, and publish it") from None
    except OSError as refused:
        raise PublishFailed(explain(refused, path)) from refused


def _plan(film: FilmToPublish) -> PublishPlan:
    """Films in the trash share the folder as long as their files do."""
    still_there = tuple(media for media in film.trashed if _exists(media))
    neighbours = (*film.publication.neighbours, *still_there)
    return plan(msgspec.structs.replace(film.publication, neighbours=neighbours))


@contextmanager
def _site(film: FilmToPublish, planned: PublishPlan) -> Iterator[Site]:
    try:
        with Site.open(planned.folder, inside=film.publication.root, actors_folder=planned.actors_folder) as site:
            yield site
    except OSError as refused:
        raise PublishFailed(explain(refused, planned.folder)) from refused


def _ensure_online(film: FilmToPublish) -> None:
    ensure_online(film.publication.root, film.mount_state, film.mount_detail)


def _exists(media: MediaFile) -> bool:
    return os.path.lexists(media.file_path)
