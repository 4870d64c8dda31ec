"""Hands every file that is no film to the film it belongs to, or to nobody.

A file belongs to the film whose name it begins with, the longest name first. In a film's own folder short names (`poster.jpg`,
`movie.nfo`) and what lies in its rooms are its too, and so is what is otherwise without an owner; in a folder of several films
such files belong to nobody.
"""

from collections.abc import Sequence

from msgspec.structs import replace

from metarr.domain.classify.extensions import file_type, split_name
from metarr.domain.classify.extras import extra_of_video, theme_song
from metarr.domain.classify.films import stems_of
from metarr.domain.classify.folders import ACTORS_FOLDER, extra_kind_of_folder, folder_kind, holds_fanart
from metarr.domain.classify.images import ImageName, further_fanart, image_of_film, image_of_folder
from metarr.domain.classify.names import folded, longest_base
from metarr.domain.classify.nfos import in_precedence, is_of_others
from metarr.domain.classify.subtitles import SubtitleName, read_loose_subtitle, read_subtitle_name
from metarr.domain.classify.values import (
    ACTED_ON,
    ActorImage,
    Entry,
    ExtraFile,
    FilmFiles,
    ImageFile,
    SubtitleFile,
    UnknownFile,
)

NAMED, LOOSE = 100, 85
"""Confidence of a subtitle under its film's name, and of one that only lies with the film."""


class _Belongings:
    """What one film has got so far."""

    def __init__(self, film: FilmFiles) -> None:
        self.film = film
        self.stems = stems_of(film)
        self.nfos: list[str] = []
        self.images: list[ImageFile] = []
        self.actors: list[ActorImage] = []
        self.subtitles: list[SubtitleFile] = []
        self.extras: list[ExtraFile] = list(film.extras)

    def complete(self) -> FilmFiles:
        return replace(
            self.film,
            nfos=in_precedence(self.nfos, self.stems),
            images=tuple(sorted(self.images, key=lambda image: (image.slot, image.rank, image.path))),
            actors=tuple(self.actors),
            subtitles=tuple(self.subtitles),
            trailers=tuple(extra for extra in self.extras if extra.kind == "trailer"),
            extras=tuple(extra for extra in self.extras if extra.kind != "trailer"),
        )


class Sidecars:
    """Takes the files of a folder one by one and gives the films back complete."""

    def __init__(self, films: Sequence[FilmFiles]) -> None:
        self._all = [_Belongings(film) for film in films]
        self._by_stem = {folded(stem): owner for owner in self._all for stem in owner.stems if stem}
        self._only = self._all[0] if len(self._all) == 1 and self._all[0].film.own_folder else None
        self._unknown: list[UnknownFile] = []
        self._fanart_seen = 0

    def films(self) -> tuple[FilmFiles, ...]:
        return tuple(belongings.complete() for belongings in self._all)

    def unknown(self) -> tuple[UnknownFile, ...]:
        return tuple(sorted(self._unknown, key=lambda file: file.path))

    def add_unknown(self, entry: Entry, reason: str) -> None:
        self._unknown.append(UnknownFile(path=entry.path, size=entry.size, reason=reason))

    def add_extra(self, extra: ExtraFile) -> None:
        """A video that is no film."""
        name = extra_of_video(extra.path.rpartition("/")[2])
        owner = self._owner(name.base)[0] if name is not None and name.base else None
        owner = owner or self._only
        if owner is None:
            self.add_unknown(
                Entry(path=extra.path, size=extra.size), f"belongs to no film here ({extra.kind.replace('_', ' ')})"
            )
        else:
            owner.extras.append(extra)

    def add(self, entry: Entry) -> None:
        """Any file but a video."""
        match file_type(entry.path):
            case "nfo":
                self._add_nfo(entry)
            case "image":
                self._add_image(entry)
            case "subtitle":
                self._add_subtitle(entry)
            case "audio":
                self._add_audio(entry)
            case "other":
                self.add_unknown(entry, "nothing that a film needs")

    def _owner(self, stem: str) -> tuple[_Belongings | None, str]:
        """The film whose name a stem begins with, and what stands behind that name."""
        found = longest_base(stem, self._by_stem)
        return found if found is not None else (None, "")

    def _add_nfo(self, entry: Entry) -> None:
        folder, stem = _folder_and_stem(entry)
        owner, rest = self._owner(stem) if not folder else (None, "")
        exact = owner if owner is not None and not rest else None
        disc = folder == "" or folder_kind(folder.rpartition("/")[2]) == "disc"
        if exact is not None:
            exact.nfos.append(entry.path)
        elif is_of_others(entry.path):
            self.add_unknown(entry, "an NFO of something that is no film")
        elif self._only is not None and disc and extra_of_video(stem + ".nfo") is None:
            self._only.nfos.append(entry.path)
        else:
            self.add_unknown(entry, "an NFO that belongs to no film here")

    def _add_image(self, entry: Entry) -> None:
        folder, stem = _folder_and_stem(entry)
        if folder.rpartition("/")[2] == ACTORS_FOLDER:
            self._add_actor(entry, stem)
            return
        owner, image = self._image(folder, stem)
        if owner is None or image is None:
            self.add_unknown(entry, "an image for no slot of a film here")
        elif image.confidence < ACTED_ON:
            self.add_unknown(entry, f"an image that {image.reason}")
        else:
            owner.images.append(
                ImageFile(
                    path=entry.path,
                    slot=image.slot,
                    rank=image.rank,
                    size=entry.size,
                    confidence=image.confidence,
                    reason=image.reason,
                )
            )

    def _image(self, folder: str, stem: str) -> tuple[_Belongings | None, ImageName | None]:
        if folder and holds_fanart(folder):
            self._fanart_seen += 1
            return self._only, further_fanart(self._fanart_seen)
        if folder and folder_kind(folder.rpartition("/")[2]) != "disc":
            return None, None
        owner, rest = self._owner(stem)
        image = image_of_film(rest) if owner is not None else None
        if image is not None and not (owner is self._only and not rest and image_of_folder(stem)):
            return owner, image
        return (self._only, image_of_folder(stem)) if self._only is not None else (None, None)

    def _add_actor(self, entry: Entry, stem: str) -> None:
        owners = [self._only] if self._only is not None else self._all
        if not owners:
            self.add_unknown(entry, "an actor's image, but no film is here")
        for owner in owners:
            owner.actors.append(
                ActorImage(
                    path=entry.path,
                    actor_name=" ".join(stem.replace("_", " ").split()),
                    size=entry.size,
                    confidence=NAMED,
                    reason="lies in the folder for actor images",
                )
            )

    def _add_subtitle(self, entry: Entry) -> None:
        folder, stem = _folder_and_stem(entry)
        owner, rest = self._owner(stem)
        if owner is not None:
            owner.subtitles.append(_subtitle(entry, read_subtitle_name(rest), NAMED, "has the film's name"))
        elif self._only is not None and extra_kind_of_folder(folder.partition("/")[0]) is None:
            self._only.subtitles.append(_subtitle(entry, read_loose_subtitle(stem), LOOSE, "lies with the only film"))
        else:
            self.add_unknown(entry, "a subtitle of no film here")

    def _add_audio(self, entry: Entry) -> None:
        folder, stem = _folder_and_stem(entry)
        theme = theme_song(entry.path.rpartition("/")[2])
        owner = self._owner(theme.base)[0] if theme is not None and theme.base else self._only
        if owner is not None and (theme is not None or extra_kind_of_folder(folder) == "theme_song"):
            owner.extras.append(
                ExtraFile(path=entry.path, kind="theme_song", size=entry.size, confidence=NAMED, reason="a theme song")
            )
        elif self._owner(stem)[0] is not None:
            self.add_unknown(entry, "sound for a film in a file of its own; players add it")
        else:
            self.add_unknown(entry, "sound that belongs to no film here")


def _folder_and_stem(entry: Entry) -> tuple[str, str]:
    folder, _, name = entry.path.rpartition("/")
    return folder, split_name(name)[0]


def _subtitle(entry: Entry, name: SubtitleName, confidence: int, reason: str) -> SubtitleFile:
    return SubtitleFile(
        path=entry.path,
        size=entry.size,
        language=name.language,
        region=name.region,
        title=name.title,
        forced=name.forced,
        sdh=name.sdh,
        default=name.default,
        confidence=confidence,
        reason=reason,
    )
