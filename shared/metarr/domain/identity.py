"""Which row is this film? Matches the films found in some folders with the rows known, so that a film keeps its row for life.

Strongest evidence first, over all films of a batch, each row taken at most once:

1. The same path: the same row, whatever lies there now.
2. The same file hash and size, and the row's own file is gone: the film was renamed or moved.
3. The same TMDB or IMDb id, and the row's own file is gone: another file of the film has replaced it, maybe elsewhere.
4. Alone in the same folder with a row whose file is gone, and no ids that contradict each other: an upgrade of a film of
   which nothing but the folder says what it is. Not in folders that hold several films.
5. Anything else is a new film; a second copy whose first is still there as well.

Ids are taken from the folder's name, then the file's name, then the NFO files. A source that contradicts a more trusted one is
about another film: it is passed over with all it says. Two sources of the same rank that contradict each other (two NFO
files) settle nothing, and no guess is made.

Where several rows would do, one that is not in the trash goes first, then one of the same folder, then the oldest.
(BEHAVIOUR 1.5; the original asked for the id first and let a copy in another library steal the row.)
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Literal

from msgspec import Struct

Evidence = Literal["path", "file", "id", "folder", "none"]
Change = Literal["new", "restored", "metadata", "artwork", "file", "moved"]


class KnownFilm(Struct, frozen=True, kw_only=True):
    """A row, trashed or not. `folder` is the scan unit it lives in, `file_gone` whether its file does not exist any more."""

    id: int
    file_path: str
    folder: str
    file_size: int | None = None
    file_hash: str | None = None
    tmdb_id: int | None = None
    imdb_id: str | None = None
    trashed: bool = False
    file_gone: bool = False


class FoundFilm(Struct, frozen=True, kw_only=True):
    """A film on disk. `shared_folder`: several films live in its folder, or it is the library's root."""

    file_path: str
    folder: str
    file_size: int
    file_hash: str | None = None
    tmdb_id: int | None = None
    imdb_id: str | None = None
    shared_folder: bool = False


class IdSource(Struct, frozen=True, kw_only=True):
    """Ids by provider from one source; a lower `rank` is trusted more. `name` is what a person knows it by."""

    name: str
    rank: int
    ids: Mapping[str, str]


class SettledIds(Struct, frozen=True, kw_only=True):
    """The ids that count, the names of the sources passed over, and the providers about which equals disagree."""

    ids: Mapping[str, str]
    ignored: tuple[str, ...] = ()
    disputed: tuple[str, ...] = ()


type _Film = FoundFilm | KnownFilm
type _Trait = tuple[str, int | str | None] | str


class Match(Struct, frozen=True, kw_only=True):
    """The row of a found film, None for a new one, and what spoke for it."""

    row: KnownFilm | None
    evidence: Evidence


class Happened(Struct, frozen=True, kw_only=True):
    """What differs between a row and what was found for it."""

    new_row: bool = False
    restored: bool = False
    other_metadata: bool = False
    other_artwork: bool = False
    other_file: bool = False
    other_path: bool = False


def match_films(found: Iterable[FoundFilm], known: Iterable[KnownFilm]) -> dict[str, Match]:
    """The row for every found film, by its path."""
    free = {row.id: row for row in known}
    matches: dict[str, Match] = {}
    films = sorted(found, key=lambda film: film.file_path)
    for evidence, traits, speaks_for in _EVIDENCE:
        rows = _by_trait(free.values(), traits)
        for film in films:
            if film.file_path in matches:
                continue
            alike = {row.id: row for trait in traits(film) for row in rows.get(trait, ())}
            fitting = [row for row in alike.values() if row.id in free and speaks_for(film, row)]
            if fitting:
                row = min(fitting, key=lambda row: (row.trashed, row.folder != film.folder, row.id))
                matches[film.file_path] = Match(row=free.pop(row.id), evidence=evidence)
    return {film.file_path: matches.get(film.file_path, Match(row=None, evidence="none")) for film in films}


def _by_trait(rows: Iterable[KnownFilm], traits: Callable[[_Film], Iterable[_Trait]]) -> dict[_Trait, list[KnownFilm]]:
    index: dict[_Trait, list[KnownFilm]] = {}
    for row in rows:
        for trait in traits(row):
            index.setdefault(trait, []).append(row)
    return index


def change_of(happened: Happened) -> Change | None:
    """The one word that the pipeline needs: the change with the longest way ahead of it. None when nothing happened."""
    words: tuple[tuple[Change, bool], ...] = (
        ("new", happened.new_row),
        ("restored", happened.restored),
        ("metadata", happened.other_metadata),
        ("artwork", happened.other_artwork),
        ("file", happened.other_file),
        ("moved", happened.other_path),
    )
    return next((word for word, true in words if true), None)


def settle_ids(sources: Sequence[IdSource]) -> SettledIds:
    """Decide which ids count, by the rules at the top."""
    settled: dict[str, str] = {}
    ignored: list[str] = []
    for rank in sorted({source.rank for source in sources}):
        equals = [source for source in sources if source.rank == rank and source.ids]
        ignored += [source.name for source in equals if _contradicts(source.ids, settled)]
        agreeing = [source for source in equals if source.name not in ignored]
        disputed = _disputed(agreeing)
        if disputed:
            names = tuple(source.name for source in agreeing)
            return SettledIds(ids=settled, ignored=(*ignored, *names), disputed=disputed)
        for source in agreeing:
            settled |= source.ids
    return SettledIds(ids=settled, ignored=tuple(ignored))


def _contradicts(ids: Mapping[str, str], settled: Mapping[str, str]) -> bool:
    return any(settled.get(provider, value) != value for provider, value in ids.items())


def _disputed(sources: Sequence[IdSource]) -> tuple[str, ...]:
    said: dict[str, set[str]] = {}
    for source in sources:
        for provider, value in source.ids.items():
            said.setdefault(provider, set()).add(value)
    return tuple(sorted(provider for provider, values in said.items() if len(values) > 1))


def _path(film: _Film) -> Iterable[_Trait]:
    return (film.file_path,)


def _file(film: _Film) -> Iterable[_Trait]:
    return () if film.file_hash is None else ((film.file_hash, film.file_size),)


def _ids(film: _Film) -> Iterable[_Trait]:
    return [trait for trait in (("tmdb", film.tmdb_id), ("imdb", film.imdb_id)) if trait[1] is not None]


def _folder(film: _Film) -> Iterable[_Trait]:
    return (film.folder,)


def _always(_film: FoundFilm, _row: KnownFilm) -> bool:
    return True


def _left_behind(_film: FoundFilm, row: KnownFilm) -> bool:
    return row.file_gone


def _replaced(film: FoundFilm, row: KnownFilm) -> bool:
    return row.file_gone and not _of_two_films(film, row)


def _replaced_alone(film: FoundFilm, row: KnownFilm) -> bool:
    return not film.shared_folder and _replaced(film, row)


def _of_two_films(film: FoundFilm, row: KnownFilm) -> bool:
    pairs = ((film.tmdb_id, row.tmdb_id), (film.imdb_id, row.imdb_id))
    return any(ours is not None and theirs is not None and ours != theirs for ours, theirs in pairs)


_EVIDENCE: tuple[tuple[Evidence, Callable[[_Film], Iterable[_Trait]], Callable[[FoundFilm, KnownFilm], bool]], ...] = (
    ("path", _path, _always),
    ("file", _file, _left_behind),
    ("id", _ids, _replaced),
    ("folder", _folder, _replaced_alone),
)
"""For each kind of evidence: what a film and a row must have in common, and what else must hold."""
