"""The kinds of text and number that clients may send, with the limits that columns and files set."""

from typing import Annotated

from msgspec import Meta

BIGGEST_ID = 2**63 - 1
_INT4 = 2**31 - 1

# PostgreSQL refuses NUL and XML all other control characters but tab and line breaks: no text may bring them in.
_CLEAN = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f]*$"
_NOT_BLANK = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f]*[^\x00-\x20][^\x00-\x08\x0b\x0c\x0e-\x1f]*$"

Id = Annotated[int, Meta(ge=1, le=BIGGEST_ID)]
Title = Annotated[str, Meta(min_length=1, max_length=500, pattern=_NOT_BLANK)]
Name = Annotated[str, Meta(min_length=1, max_length=300, pattern=_NOT_BLANK)]
Line = Annotated[str, Meta(max_length=500, pattern=_CLEAN)]
Prose = Annotated[str, Meta(max_length=20_000, pattern=_CLEAN)]
FolderPath = Annotated[str, Meta(min_length=1, max_length=4096, pattern=_NOT_BLANK)]
Url = Annotated[str, Meta(max_length=2000, pattern=r"^https?://[^\x00-\x20]+$")]
Word = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9_.:-]+$")]

Minutes = Annotated[int, Meta(ge=0, le=100_000)]
Year = Annotated[int, Meta(ge=1870, le=2100)]
Rating = Annotated[float, Meta(ge=0, le=10)]
Count = Annotated[int, Meta(ge=0, le=_INT4)]
TmdbId = Annotated[int, Meta(ge=1, le=_INT4)]
ImdbId = Annotated[str, Meta(pattern=r"^tt[0-9]{7,10}$", max_length=12)]
PersonImdbId = Annotated[str, Meta(pattern=r"^nm[0-9]{7,10}$", max_length=12)]
