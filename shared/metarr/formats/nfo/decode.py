"""Turns the bytes of an NFO into text, whatever its writer believed its encoding to be.

The order: a byte order mark; the shape of UTF-16 without one; UTF-8, when all of it is valid; the declared encoding, when
it is one that extends ASCII; UTF-8 again with every stray byte taken for Windows' Western one. What the file declares
comes late, because tools copy "UTF-8" and "UTF-16" into declarations of files that are neither.
"""

import codecs
import re

SHAPE_SAMPLE_BYTES = 256
STRAY_IS_WESTERN = "metarr.stray-is-western"

_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16 LE, whose mark begins alike
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_DECLARED = re.compile(rb"<\?xml[^>]{0,200}?\bencoding\s*=\s*[\"']([A-Za-z0-9_.:-]{1,40})[\"']")
_EXTENDS_ASCII = re.compile(
    r"(?:iso[-_]?8859[-_]\d{1,2}|latin[-_]?\d|windows[-_]125\d|cp\d{3,4}|koi8[-_][rut]|mac[-_]?roman"
    r"|gb(?:k|2312|18030)|big5(?:[-_]?hkscs)?|shift[-_]jis|euc[-_](?:jp|kr)|tis[-_]620)",
    re.IGNORECASE,
)


def decode(data: bytes) -> str:
    """The text of `data`, without a byte order mark. Never fails: bytes without a meaning become U+FFFD."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _by_mark(data[len(mark) :], encoding)
    wide = _wide_shape(data)
    if wide is not None:
        return data.decode(wide, "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return _by_declaration(data) or data.decode("utf-8", STRAY_IS_WESTERN)


def _by_mark(data: bytes, encoding: str) -> str:
    stray = STRAY_IS_WESTERN if encoding == "utf-8" else "replace"
    return data.decode(encoding, stray).lstrip("\ufeff")


def _wide_shape(data: bytes) -> str | None:
    """UTF-16 without a mark: what an NFO begins with is ASCII, so every second byte of it is zero."""
    sample = data[:SHAPE_SAMPLE_BYTES]
    if b"\0" not in sample:
        return None
    half = len(sample) // 2
    if sample[1::2].count(0) > half * 0.6 and sample[::2].count(0) < half * 0.2:
        return "utf-16-le"
    if sample[::2].count(0) > half * 0.6 and sample[1::2].count(0) < half * 0.2:
        return "utf-16-be"
    return None


def _by_declaration(data: bytes) -> str | None:
    found = _DECLARED.search(data, 0, 1024)
    if found is None:
        return None
    name = found[1].decode("ascii")
    if not _EXTENDS_ASCII.fullmatch(name):
        return None
    if name.lower().replace("_", "-") in ("iso-8859-1", "latin1", "latin-1"):
        name = "cp1252"  # as every browser does: the range in which they differ holds no letters in Latin-1
    try:
        return data.decode(name)
    except (UnicodeDecodeError, LookupError):
        return None


_WESTERN = [bytes([byte]).decode("cp1252", "replace").replace("\ufffd", chr(byte)) for byte in range(256)]
"""Windows-1252, and Latin-1 for the five bytes that it leaves unassigned."""


def _western(problem: UnicodeError) -> tuple[str, int]:
    assert isinstance(problem, UnicodeDecodeError)
    stray = problem.object[problem.start : problem.end]
    return "".join(_WESTERN[byte] for byte in stray), problem.end


codecs.register_error(STRAY_IS_WESTERN, _western)
