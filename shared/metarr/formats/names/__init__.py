"""Folder and file names of films to values: the fast path that declines when unsure. Pure, in linear time."""

from metarr.domain.classify.parts import strip_part
from metarr.formats.names.cleaned import clean_name
from metarr.formats.names.ids import extract_ids
from metarr.formats.names.movie import parse_movie
from metarr.formats.names.pairs import combine, says_nothing
from metarr.formats.names.value import MovieName

__all__ = ["MovieName", "clean_name", "combine", "extract_ids", "parse_movie", "says_nothing", "strip_part"]
