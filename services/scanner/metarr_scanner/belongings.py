"""Puts what was found beside a film into the rows that the database keeps of it."""

from collections.abc import Iterable, Iterator
from typing import Any

from metarr.db.queries.scan_films import FileRow, PictureRow
from metarr.domain.classify import FilmFiles
from metarr.domain.classify.extensions import split_name
from metarr.domain.streams import SubtitleStream
from metarr.formats.file_uri import uri_of
from metarr_scanner.scene import Scene

_KINDS = {"trailer": "trailer", "sample": "sample", "theme_song": "theme", "theme_video": "theme"}
"""Kinds of extras that local_files names; every other one is an `extra`."""


def file_rows(scene: Scene, film: FilmFiles, ours: Iterable[str]) -> dict[str, FileRow]:
    """Every file of a film by its path, but for those that we wrote ourselves (`ours`, absolute)."""
    own = frozenset(ours)
    rows = (_row(scene, path, kind, detail) for path, kind, detail in _files(scene, film))
    return {row.path: row for row in rows if row.path not in own}


def picture_rows(scene: Scene, film: FilmFiles, ours: Iterable[str]) -> dict[str, PictureRow]:
    """The pictures that are candidates for the film's slots, by their address; not those that we wrote ourselves."""
    own = frozenset(ours)
    rows: dict[str, PictureRow] = {}
    for image in film.images:
        seen = scene.files[image.path]
        if seen.path not in own:
            url = uri_of(seen.path)
            rows[url] = PictureRow(asset_type=image.slot, source_url=url, file_size=seen.size, mtime_ns=seen.mtime_ns)
    return rows


def subtitle_rows(scene: Scene, film: FilmFiles) -> tuple[SubtitleStream, ...]:
    """The subtitle files; of a pair `.idx` and `.sub` only the first, for they are one subtitle."""
    indexes = {split_name(subtitle.path)[0] for subtitle in film.subtitles if split_name(subtitle.path)[1] == "idx"}
    rows = []
    for subtitle in film.subtitles:
        stem, extension = split_name(subtitle.path)
        if extension == "sub" and stem in indexes:
            continue
        words = [word for word in (subtitle.title, "SDH" if subtitle.sdh else None) if word]
        rows.append(
            SubtitleStream(
                file_path=scene.absolute(subtitle.path),
                language=subtitle.language or "und",
                title=" ".join(words) or None,
                format=extension,
                forced=subtitle.forced,
                default_stream=subtitle.default,
            )
        )
    return tuple(rows)


def _files(scene: Scene, film: FilmFiles) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(relative path, kind, detail) of everything that belongs to a film."""
    for number, video in enumerate(film.files):
        yield video.path, "part" if number else "video", {}
    for version in film.versions:
        for video in version.files:
            yield video.path, "video", {"version": version.label}
    for extra in (*film.trailers, *film.extras):
        yield extra.path, _KINDS.get(extra.kind, "extra"), {"kind": extra.kind}
    for subtitle in film.subtitles:
        yield subtitle.path, "subtitle", {"language": subtitle.language, "forced": subtitle.forced, "sdh": subtitle.sdh}
    for image in film.images:
        yield image.path, "image", {"slot": image.slot}
    for actor in film.actors:
        yield actor.path, "actor_image", {"name": actor.actor_name}
    for nfo in film.nfos:
        yield nfo.path, "nfo", {}
    if len(scene.reading.films) == 1:
        for unknown in scene.reading.unknown:
            yield unknown.path, "unknown", {"reason": unknown.reason}


def _row(scene: Scene, path: str, kind: str, detail: dict[str, Any]) -> FileRow:
    seen = scene.files[path]
    return FileRow(path=seen.path, kind=kind, file_size=seen.size, mtime_ns=seen.mtime_ns, detail=detail)
