"""Reads the single values of an NFO: numbers, dates and lists as a dozen writers in as many countries put them down.

Nothing here raises: what cannot be understood is None, which for a field means "this file says nothing about it".
"""

import re
from collections.abc import Iterable
from datetime import date

LARGEST_INTEGER = 2**31 - 1  # a PostgreSQL integer
YEARS = range(1870, 2200)
MINUTES = range(1, 100_000)
LIST_SEPARATOR = " / "

_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_INTEGER = re.compile(r"\d{1,10}", re.ASCII)
_DECIMAL = re.compile(r"\d{1,6}(?:\.\d{1,12})?", re.ASCII)
_THOUSANDS = re.compile(r"\d{1,3}(?:([.,'’ \u00a0\u202f])\d{3})(?:\1\d{3})*", re.ASCII)
_YEAR = re.compile(r"(?<!\d)(\d{4})(?!\d)", re.ASCII)
_HOURS = re.compile(r"(\d{1,3})\s*(?:h(?:ou)?rs?|h|:)\s*(?:(\d{1,2})(?!\d))?", re.ASCII | re.IGNORECASE)
_DATE_YEAR_FIRST = re.compile(r"(\d{4})([-./])(\d{1,2})\2(\d{1,2})(?!\d)", re.ASCII)
_DATE_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})", re.ASCII)
_DATE_YEAR_LAST = re.compile(r"(\d{1,2})([-./])(\d{1,2})\2(\d{4})(?!\d)", re.ASCII)
_DATE_DAY_MONTH = re.compile(r"(\d{1,2})\.?\s+([A-Za-z]{3})[a-z]*\.?,?\s+(\d{4})", re.ASCII)
_DATE_MONTH_DAY = re.compile(r"([A-Za-z]{3})[a-z]*\.?\s+(\d{1,2}),?\s+(\d{4})", re.ASCII)
_MONTHS = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), start=1
    )
}


def legal(text: str) -> str:
    """`text` with line breaks as "\\n" and without what XML forbids or shows nothing (control characters)."""
    if text.isprintable():
        return text
    return _ILLEGAL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def read_text(raw: str | None) -> str | None:
    """A text of any length with its own line breaks; None when nothing is left of it."""
    return legal(raw).strip() or None if raw is not None else None


def read_line(raw: str | None) -> str | None:
    """A text that is one line, though a pretty-printer may have broken it."""
    if raw is None:
        return None
    if raw.isprintable():
        return raw.strip() or None
    text = legal(raw).strip()
    if "\n" in text:
        text = " ".join(part for line in text.split("\n") if (part := line.strip()))
    return text or None


def split_list(raw: str | None) -> list[str]:
    """The entries of a list element: only " / " parts them ("Action & Adventure" and "Focus Films, inc" are one each)."""
    line = read_line(raw)
    if line is None:
        return []
    if LIST_SEPARATOR not in line:
        return [line]
    return [part for entry in line.split(LIST_SEPARATOR) if (part := entry.strip())]


def once(names: Iterable[str]) -> list[str]:
    """Each name once whatever its case, in its first spelling and place."""
    first: dict[str, str] = {}
    for name in names:
        first.setdefault(name.casefold(), name)
    return list(first.values())


def read_integer(raw: str | None) -> int | None:
    """A whole number from 0 to 2^31-1."""
    if raw is None:
        return None
    try:
        number = int(raw)
    except ValueError:
        return None
    return number if 0 <= number <= LARGEST_INTEGER else None


def read_votes(raw: str | None) -> int | None:
    """A count that may be written 1234567, 1,234,567, 1.234.567 or 1 234 567."""
    if raw is None:
        return None
    text = raw.strip()
    return read_integer(re.sub(r"\D", "", text) if _THOUSANDS.fullmatch(text) else text)


def read_rating(raw: str | None, highest: str | None = None) -> float | None:
    """A rating on 0-10 with two decimals, scaled from `highest`; None outside 0 < x <= 10, as in Kodi."""
    value = _decimal(raw)
    if value is None:
        return None
    scale = _decimal(highest)
    if scale:
        value = value * 10 / scale
    rating = round(value, 2)
    return rating if 0 < rating <= 10 else None


def _decimal(raw: str | None) -> float | None:
    if raw is None:
        return None
    text = raw.strip().replace(",", ".")
    return float(text) if _DECIMAL.fullmatch(text) else None


def read_runtime(raw: str | None) -> int | None:
    """Whole minutes out of "142", "142 min", "142.0", "2h 22min", "2:22"."""
    if raw is None:
        return None
    text = raw.strip()
    hours = _HOURS.match(text)
    if hours is not None:
        minutes = int(hours[1]) * 60 + int(hours[2] or 0)
    else:
        leading = _INTEGER.match(text)
        minutes = int(leading[0]) if leading else 0
    return minutes if minutes in MINUTES else None


def read_year(raw: str | None) -> int | None:
    """The first four digits that stand alone and can be a film's year."""
    found = _YEAR.search(raw) if raw else None
    year = int(found[1]) if found else 0
    return year if year in YEARS else None


def read_date(raw: str | None) -> date | None:
    """A whole date: ISO, day first with dots, or with the month in English.

    With slashes or dashes and the year last, day and month are told apart only where one of them is over 12:
    tools write such dates in the manner of their server's country (WIRE_NOTES 12), and a guess would be wrong in half.
    """
    if raw is None:
        return None
    text = raw.strip()
    if match := _DATE_YEAR_FIRST.match(text):
        return _date(match[1], match[3], match[4])
    if match := _DATE_COMPACT.fullmatch(text):
        return _date(match[1], match[2], match[3])
    if match := _DATE_YEAR_LAST.match(text):
        return _year_last(match)
    if match := _DATE_DAY_MONTH.match(text):
        return _date(match[3], _MONTHS.get(match[2].lower(), 0), match[1])
    if match := _DATE_MONTH_DAY.match(text):
        return _date(match[3], _MONTHS.get(match[1].lower(), 0), match[2])
    return None


def _year_last(match: re.Match[str]) -> date | None:
    first, mark, second, year = match.groups()
    if mark == "." or int(first) > 12 or first == second:
        return _date(year, second, first)
    if int(second) > 12:
        return _date(year, first, second)
    return None


def _date(year: str, month: str | int, day: str) -> date | None:
    """None for a day that no calendar has, and for the years that mean "unknown" (1, 1601)."""
    if int(year) not in YEARS:
        return None
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None
