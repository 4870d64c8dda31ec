"""NFO documents, the players' metadata files: any flavour in, one canonical form out. Bytes and values, no files."""

from metarr.formats.nfo.read import read_nfo
from metarr.formats.nfo.reading import NfoReading
from metarr.formats.nfo.write_movie import MovieNfo, write_movie_nfo

__all__ = ["MovieNfo", "NfoReading", "read_nfo", "write_movie_nfo"]
