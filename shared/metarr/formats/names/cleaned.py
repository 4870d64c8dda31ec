"""The last resort: a name made readable, with nothing understood but its ids and a year in brackets."""

from metarr.formats.names.brackets import find_groups
from metarr.formats.names.doubts import is_obfuscated
from metarr.formats.names.endings import holds_only_year
from metarr.formats.names.ids import take_ids
from metarr.formats.names.marks import find_marks
from metarr.formats.names.text import as_title, prepared, without_extension, without_website
from metarr.formats.names.value import MovieName

UNDERSTOOD_LITTLE, RANDOM = 20, 0
NAMELESS = "Untitled"


def clean_name(name: str) -> MovieName:
    """A reading that cannot fail: the name up to its first release tag, or as it stands. It never has an empty title."""
    whole = prepared(without_extension(name)).strip()
    ids, text = take_ids(whole)
    text = without_website(text)
    marks = [mark for mark in find_marks(text) if mark.start > 0]
    end = min((mark.start for mark in marks if mark.kind == "tag"), default=len(text))
    if marks and marks[-1].kind == "soft" and marks[-1].end == end:
        end = marks[-1].start
    year = None
    for group in find_groups(text):
        if group.start > 0 and (group.start <= end < group.end or holds_only_year(group.inner)):
            end = min(end, group.start)
            year = year or holds_only_year(group.inner)
    title = as_title(text[:end]) or as_title(whole) or whole or NAMELESS
    return MovieName(
        title=title,
        year=year,
        ids=ids,
        confidence=RANDOM if is_obfuscated(whole) else UNDERSTOOD_LITTLE,
        read_by="cleaned",
    )
