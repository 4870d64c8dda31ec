"""NFO documents, the players' metadata files: any flavour in, one canonical form out. Bytes and values, no files."""

from metarr.formats.nfo.read import read_nfo
from metarr.formats.nfo.reading import NfoReading

__all__ = ["NfoReading", "read_nfo"]
