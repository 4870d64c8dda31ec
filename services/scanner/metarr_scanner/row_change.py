"""The row of a film as it is to be: for a new film, and for one whose file, name or id is another than before. Pure."""

import msgspec

from metarr.db.queries.scan_films import FilmRow
from metarr.db.queries.scan_store import ChangedFilm, NewFilm
from metarr.domain.identity import Evidence
from metarr.domain.merge import FieldChange
from metarr.domain.movie import MovieMetadata
from metarr.domain.naming import sort_title
from metarr_scanner.film_found import FilmFound
from metarr_scanner.nfo_files import Said

_LONGEST_TITLE = 500
_COMPARED = ("file_path", "file_size", "file_mtime_ns", "file_hash", "edition")


def new_film(found: FilmFound, said: Said) -> NewFilm:
    """Title and year are the NFO's, else the name's."""
    title, year = _title(found, said)
    metadata, video, probe = said.metadata or MovieMetadata(), found.video, found.probe
    return NewFilm(
        file_path=video.file_path,
        file_name=found.file_name,
        file_size=video.file_size,
        file_hash=probe.file_hash if probe else None,
        file_mtime_ns=video.file_mtime_ns,
        file_parts=video.file_parts,
        edition=found.name.edition,
        tmdb_id=said.tmdb_id,
        imdb_id=said.imdb_id,
        identified_by=_told_by(found, said),
        title=title,
        sort_title=(metadata.sort_title or sort_title(title))[:_LONGEST_TITLE],
        year=year,
    )


def changed_film(found: FilmFound, said: Said, row: FilmRow, evidence: Evidence) -> ChangedFilm | None:
    """The row as it is to be; None when it is so already."""
    new = new_film(found, said)
    ids = _other_ids(said, row)
    retitled = _is_retitled(row, new, evidence)
    file_hash = row.file_hash if found.probe is None else new.file_hash
    columns = msgspec.structs.asdict(new) | {"file_hash": file_hash}
    same = all(columns[name] == getattr(row, name) for name in _COMPARED)
    same = same and list(new.file_parts) == row.file_parts
    if same and not row.trashed and ids is None and not retitled:
        return None
    tmdb_id, imdb_id = ids or (row.tmdb_id, row.imdb_id)
    columns |= {"tmdb_id": tmdb_id, "imdb_id": imdb_id}
    return ChangedFilm(id=row.id, restore=row.trashed, set_ids=ids is not None, set_title=retitled, **columns)


def history_of(found: FilmFound, row: FilmRow, changed: ChangedFilm) -> tuple[FieldChange, ...]:
    """What a name or an NFO changed of what the film is."""
    source = "nfo" if any(nfo.reading for nfo in found.nfos) else "name"
    fields = (("tmdb_id", "imdb_id") if changed.set_ids else ()) + (("title", "year") if changed.set_title else ())
    pairs = ((name, getattr(row, name), getattr(changed, name)) for name in fields)
    return tuple(FieldChange(field=name, old=old, new=new, source=source) for name, old, new in pairs if old != new)


def _told_by(found: FilmFound, said: Said) -> str | None:
    """Where the id was read, in words."""
    if said.tmdb_id is None and said.imdb_id is None:
        return None
    named = any(
        found.name.ids.get(provider) == said.ids.get(provider) for provider in ("tmdb", "imdb") if provider in said.ids
    )
    return "the id in the name of its folder or file" if named else "the id in its NFO"


def _title(found: FilmFound, said: Said) -> tuple[str, int | None]:
    metadata, name = said.metadata or MovieMetadata(), found.name
    year = metadata.year or name.year
    title = (metadata.title or name.title)[:_LONGEST_TITLE]
    return title, year if year is not None and 0 < year < 10_000 else None


def _other_ids(said: Said, row: FilmRow) -> tuple[int | None, str | None] | None:
    """The ids the row shall have; None when it keeps its own. Another film's id takes the old film's other id away."""
    if row.tmdb_id_locked or said.disputed:
        return None
    if said.tmdb_id is not None and said.tmdb_id != row.tmdb_id:
        kept = row.imdb_id if row.tmdb_id is None or row.imdb_id_locked else None
        return said.tmdb_id, kept if row.imdb_id_locked else said.imdb_id or kept
    if said.imdb_id is not None and row.imdb_id is None and not row.imdb_id_locked:
        return row.tmdb_id, said.imdb_id
    return None


def _is_retitled(row: FilmRow, new: NewFilm, evidence: Evidence) -> bool:
    """A film that nobody knows follows its name: a person who renames the file helps to find it."""
    unknown = row.identification_status == "unidentified" and not row.title_locked
    return unknown and evidence != "path" and (new.title, new.year) != (row.title, row.year)
