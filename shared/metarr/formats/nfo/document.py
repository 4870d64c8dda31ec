"""From bytes to parsed root elements, behind the guard that untrusted XML needs.

The parser is only ever given what stands between a known root's opening and closing tag. So no document type declaration
can reach it, whatever tricks a file plays with encodings or comments; one that is seen is refused in plain words all the
same, because a file that has one is not an NFO. Size and depth are capped: ElementTree itself takes any amount of both.
"""

import re
from typing import Literal, NamedTuple
from xml.etree.ElementTree import Element, ParseError, fromstring

from metarr.errors import NfoUnreadable
from metarr.formats.nfo.decode import decode
from metarr.formats.nfo.repair import repair

LARGEST_NFO = 4 * 1024 * 1024
DEEPEST_NFO = 300  # real ones are 5 deep; this is what recursive readers of the tree can take without harm
MOST_ROOTS = 500  # a file of more episodes than that is not a file of episodes

RootKind = Literal["movie", "tvshow", "season", "episodedetails", "musicvideo", "artist", "album", "set"]
ROOT_KINDS: dict[str, RootKind] = {
    "movie": "movie",
    "tvshow": "tvshow",
    "season": "season",
    "episodedetails": "episodedetails",
    "musicvideo": "musicvideo",
    "artist": "artist",
    "album": "album",
    "set": "set",
}

_LANDMARK = re.compile(rf"<!--|<!(?:DOCTYPE|ENTITY)\b|<({'|'.join(ROOT_KINDS)})(?=[\s/>])", re.IGNORECASE)
_SELF_CLOSED = re.compile(r"<\w+(?:\s[^<>]*)?/>")
_HTML = re.compile(r"<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE)


class Document(NamedTuple):
    """`roots` are all of the first one's kind, none for a file of links; `outside` is the text around them."""

    kind: RootKind | None
    roots: list[Element]
    outside: str
    warnings: list[str]


class _Root(NamedTuple):
    element: Element
    end: int
    mended: bool


def parse_document(data: bytes) -> Document:
    """Decodes, guards and parses.

    Raises:
        NfoUnreadable: empty, over 4 MB, too deep, with a document type declaration, an HTML page, or XML beyond repair.
    """
    if len(data) > LARGEST_NFO:
        raise NfoUnreadable(f"the NFO has more than {LARGEST_NFO >> 20} MB, so much is not read")
    text = decode(data)
    if not text.strip("\0\ufeff \t\r\n"):
        raise NfoUnreadable("the NFO is empty")
    document = _parse_text(text)
    if not document.roots and _HTML.search(text):
        raise NfoUnreadable("the NFO is an HTML page")
    return document


def _parse_text(text: str) -> Document:
    kind: RootKind | None = None
    roots: list[Element] = []
    outside: list[str] = []
    warnings: list[str] = []
    position = 0
    while len(roots) < MOST_ROOTS and (opening := _next_root(text, position)) is not None:
        root = _parse_root(text, opening)
        outside.append(text[position : opening.start()])
        position = root.end
        found = ROOT_KINDS[opening[1].lower()]
        kind = kind or found
        if found == kind:
            roots.append(root.element)
        if root.mended:
            warnings.append(f"<{found}> was not well-formed XML and was mended while reading")
    outside.append(text[position:])
    return Document(kind, roots, "\n".join(outside), warnings)


def _next_root(text: str, position: int) -> re.Match[str] | None:
    """The opening tag of the next known root that does not stand in a comment."""
    while (landmark := _LANDMARK.search(text, position)) is not None:
        if landmark[1]:
            return landmark
        if landmark[0] != "<!--":
            what = "an HTML page" if _HTML.match(text, landmark.start()) else "refused: it declares a document type"
            raise NfoUnreadable(f"the NFO is {what}")
        position = text.find("-->", landmark.end())
        if position < 0:
            return None
    return None


def _parse_root(text: str, opening: re.Match[str]) -> _Root:
    """The element that begins at `opening`.

    It ends at its first closing tag, or at the last one where the first stands in a CDATA section or closes a child of the
    same name.
    """
    start = opening.start()
    self_closed = _SELF_CLOSED.match(text, start)
    if self_closed is not None:
        return _Root(Element(opening[1]), self_closed.end(), mended=False)
    closing = f"</{opening[1]}"
    first, last = text.find(closing, start), text.rfind(closing, start)
    if first < 0:
        raise NfoUnreadable(f"the NFO is cut off or broken: <{opening[1]}> is never closed")
    try:
        return _parse_span(text, start, text.find(">", first) + 1)
    except NfoUnreadable:
        if first == last:
            raise
        return _parse_span(text, start, text.find(">", last) + 1)


def _parse_span(text: str, start: int, end: int) -> _Root:
    xml = text[start:end]
    try:
        return _Root(_parse(xml), end, mended=False)
    except (ParseError, UnicodeEncodeError) as fault:
        mended = repair(xml)
        problem = fault
    try:
        return _Root(_parse(mended), end, mended=True)
    except ParseError as fault:
        line = text.count("\n", 0, start) + fault.position[0]
        what = str(fault).partition(":")[0]
        raise NfoUnreadable(f"the NFO is broken XML in line {line}: {what}") from problem


def _parse(xml: str) -> Element:
    root = fromstring(xml)  # noqa: S314 - no document type declaration can be in there: see above
    if xml.count("/") > DEEPEST_NFO:  # with fewer closing tags nothing can be nested deeper
        _refuse_depth(root)
    return root


def _refuse_depth(root: Element) -> None:
    level = [root]
    for _ in range(DEEPEST_NFO):
        level = [child for element in level if len(element) for child in element[:]]
        if not level:
            return
    raise NfoUnreadable(f"the NFO is refused: its elements are nested more than {DEEPEST_NFO} deep")
