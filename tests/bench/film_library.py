"""A library as people have it, made of real small files: a folder for each film with video, NFO, poster and fanart."""

from pathlib import Path

from bench.documents import movie_nfo
from support.library import let_time_pass
from support.media import make_video
from support.pictures import fanart, poster

FILMS = 1000


def make_film_library(root: Path, films: int = FILMS) -> Path:
    """Write it and return its root. Every file differs from every other; the folders' times lie in the past."""
    pictures = {"poster": poster(), "fanart": fanart()}
    for number in range(films):
        title, year = f"The Harbour {number + 2}", 1960 + number % 60
        folder = root / f"{title} ({year})"
        make_video(folder / f"{title} ({year}).mkv")
        (folder / "movie.nfo").write_bytes(movie_nfo(number, title, year))
        for name, data in pictures.items():
            # Behind its end a JPEG may hold anything.
            (folder / f"{name}.jpg").write_bytes(data + number.to_bytes(8))
    let_time_pass(root)
    return root
