"""Mends the faults that hand-written and careless NFOs have most often; called only for a text that does not parse.

Mended: characters that XML forbids, plain or as references; ampersands and HTML's named entities; a "<" that opens nothing.
Not mended: tags that do not match. What they were meant to be would be a guess.
"""

import re
from collections.abc import Iterator
from html.entities import html5

_CDATA_START, _CDATA_END = "<![CDATA[", "]]>"
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_AMPERSAND = re.compile(r"&(?:#(\d{1,8});|#[xX]([0-9A-Fa-f]{1,7});|(\w{2,32});)?", re.ASCII)
_OPENS_NOTHING = re.compile(r"<(?![A-Za-z_/!?])")
_XML_ENTITIES = frozenset(("lt", "gt", "amp", "quot", "apos"))


def repair(text: str) -> str:
    """`text` with the above mended; CDATA sections keep their ampersands."""
    return "".join(
        piece if piece.startswith(_CDATA_START) else _OPENS_NOTHING.sub("&lt;", _AMPERSAND.sub(_reference, piece))
        for piece in _pieces(_FORBIDDEN.sub("", text))
    )


def _pieces(text: str) -> Iterator[str]:
    """CDATA sections and what stands between them, in order."""
    position = 0
    while (start := text.find(_CDATA_START, position)) >= 0:
        yield text[position:start]
        end = text.find(_CDATA_END, start)
        position = len(text) if end < 0 else end + len(_CDATA_END)
        yield text[start:position]
    yield text[position:]


def _reference(match: re.Match[str]) -> str:
    decimal, hexadecimal, name = match.groups()
    if name is not None:
        return _named(name)
    if decimal is None and hexadecimal is None:
        return "&amp;"
    number = int(decimal) if decimal is not None else int(hexadecimal, 16)
    return match[0] if _allowed(number) else ""


def _named(name: str) -> str:
    if name in _XML_ENTITIES:
        return f"&{name};"
    characters = html5.get(f"{name};")
    return f"&amp;{name};" if characters is None else characters.replace("&", "&amp;").replace("<", "&lt;")


def _allowed(number: int) -> bool:
    """The Char production of XML 1.0."""
    return number in (9, 10, 13) or 32 <= number < 0xD800 or 0xE000 <= number < 0xFFFE or 0x10000 <= number < 0x110000
