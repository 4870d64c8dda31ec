"""What the files of one movie folder are to each other: films, parts, versions, extras, artwork, subtitles, NFO. Pure."""

from metarr.domain.classify.main_video import Candidate, MainChoice, choose_main, settle
from metarr.domain.classify.reading import listing_of, read_folder
from metarr.domain.classify.values import FilmFiles, FolderListing, FolderReading

__all__ = [
    "Candidate",
    "FilmFiles",
    "FolderListing",
    "FolderReading",
    "MainChoice",
    "choose_main",
    "listing_of",
    "read_folder",
    "settle",
]
