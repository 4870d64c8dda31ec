"""A film as it lies on the disk, with everything that was learned of it, before it is compared with what is known."""

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from metarr.db.queries.scan_films import FileRow, FilmRow, PublishedRow, Surroundings
from metarr.domain.classify import Candidate, FilmFiles, choose_main, settle
from metarr.domain.streams import MediaStreams
from metarr.formats.names import MovieName, extract_ids
from metarr_scanner.nfo_files import NfoSeen
from metarr_scanner.probe_process import Probed
from metarr_scanner.scene import Scene, played
from metarr_scanner.unit import FileSeen


class Video(Struct, frozen=True, kw_only=True):
    """The film itself in the columns of `movies`: `file_parts` has all files of a stack, none for a single file.

    `file_size` of a disc is the whole disc's, `file_mtime_ns` the youngest of the files that are played.
    """

    file_path: str
    file_size: int
    file_mtime_ns: int
    file_parts: tuple[str, ...] = ()
    played: tuple[FileSeen, ...] = ()


class Probe(Struct, frozen=True, kw_only=True):
    """What reading the video gave: the hash of its first file, all streams, and in words what could not be read."""

    file_hash: str | None = None
    streams: MediaStreams | None = None
    problem: str | None = None


class FilmFound(Struct, frozen=True, kw_only=True):
    """`probe` is None where the video is as it was, so that there was no reason to read it."""

    scene: Scene
    film: FilmFiles
    video: Video
    name: MovieName
    nfos: tuple[NfoSeen, ...] = ()
    probe: Probe | None = None

    @property
    def shared_folder(self) -> bool:
        """Whether the folder tells nothing about this film, because others live in it."""
        return self.scene.is_root or not self.film.own_folder

    @property
    def ids_of_folder(self) -> dict[str, str]:
        return {} if self.shared_folder else extract_ids(self.scene.name)

    @property
    def ids_of_file(self) -> dict[str, str]:
        return {} if self.film.kind == "disc" else extract_ids(self.file_name)

    @property
    def file_name(self) -> str:
        return self.video.file_path.rpartition("/")[2]


def video_of(scene: Scene, film: FilmFiles) -> Video:
    """The video of a film whose main file is decided."""
    files = [scene.seen(video) for video in film.files]
    streams = tuple(scene.seen(video) for video in played(film))
    return Video(
        file_path=files[0].path,
        file_size=film.files[0].size,
        file_mtime_ns=max(file.mtime_ns for file in (*files, *streams)),
        file_parts=tuple(file.path for file in files) if len(files) > 1 else (),
        played=streams,
    )


def is_unchanged(video: Video, row: FilmRow, around: Surroundings) -> bool:
    """Whether the video is the one that was read the last time; the sizes and times of all its files are compared."""
    same = (row.file_path, row.file_size, row.file_mtime_ns) == (video.file_path, video.file_size, video.file_mtime_ns)
    if not same or tuple(row.file_parts) != video.file_parts or row.trashed:
        return False
    known = (around.files.get(file.path) for file in video.played if file.path in around.files)
    now = {file.path: (file.size, file.mtime_ns) for file in video.played}
    return all(file is None or now[file.path] == (file.file_size, file.mtime_ns) for file in known)


def decide(scene: Scene, film: FilmFiles, answers: Mapping[str, Probed]) -> FilmFiles | str:
    """The film with its main video, chosen by the durations that were read where that was open; or why it stays open."""
    if not film.candidates:
        return film
    choice = choose_main(
        [
            Candidate(path=video.path, duration=_duration(answers.get(scene.absolute(video.path))), size=video.size)
            for video in film.candidates
        ]
    )
    return settle(film, choice) if choice.path is not None else choice.reason


def probe_of(video: Video, answers: Mapping[str, Probed]) -> Probe | None:
    """What was read of the film's files as one; None when they were not asked."""
    asked = [answers[file.path] for file in video.played if file.path in answers]
    if not asked:
        return None
    wrong = [(file, answer) for file, answer in zip(video.played, asked, strict=False) if answer.problem]
    several = len(asked) > 1
    words = [f"{file.name}: {answer.problem}" if several else answer.problem or "" for file, answer in wrong]
    readable = [answer.streams for answer in asked if answer.streams is not None]
    return Probe(
        file_hash=asked[0].file_hash,
        streams=_joined(readable) if readable else None,
        problem="; ".join(words) or None,
    )


def ours_among(scene: Scene, published: Iterable[PublishedRow]) -> dict[str, PublishedRow]:
    """Of the unit's files those that are as we wrote them, by path."""
    now = {file.path: (file.size, file.mtime_ns) for file in scene.unit.files}
    return {row.path: row for row in published if now.get(row.path) == (row.file_size, row.mtime_ns)}


def with_problem(row: FileRow, problem: str | None) -> FileRow:
    """The video's row remembers why it cannot be read, so that nobody has to try again to know it."""
    return replace(row, detail={**row.detail, "problem": problem}) if problem else row


def _duration(answer: Probed | None) -> float | None:
    return answer.streams.duration_seconds if answer is not None and answer.streams is not None else None


def _joined(parts: Sequence[MediaStreams]) -> MediaStreams:
    """The streams of the first part, as long as all parts together."""
    if len(parts) == 1:
        return parts[0]
    seconds = sum(part.duration_seconds or 0 for part in parts) or None
    video = tuple(replace(stream, duration_seconds=seconds) for stream in parts[0].video)
    return replace(parts[0], duration_seconds=seconds, video=video)
