"""Builds XML that every player reads: no empty elements, no characters that XML or a skin cannot show, one layout."""

from xml.etree.ElementTree import Element, SubElement, tostring

from metarr.formats.nfo.values import legal

INDENT = "    "
DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes" ?>\n'


def add(parent: Element, tag: str, value: str | int | None, **attributes: str) -> Element | None:
    """Appends `<tag>value</tag>`; None and empty text append nothing."""
    text = "" if value is None else legal(str(value)).strip()
    if not text:
        return None
    element = SubElement(parent, tag, attributes)
    element.text = text
    return element


def add_filled(parent: Element, element: Element) -> None:
    """Appends `element` if it has any content."""
    if len(element):
        parent.append(element)


def clean(element: Element) -> bool:
    """Makes a foreign element fit to be written; False when nothing is left of it."""
    element.text = legal(element.text or "")
    for name, value in element.items():
        element.set(name, legal(value))
    for child in list(element):
        child.tail = legal(child.tail or "")
        if not clean(child) and not child.tail.strip():
            element.remove(child)
    return len(element) > 0 or bool(element.text.strip()) or bool(element.attrib)


def render(root: Element) -> bytes:
    """UTF-8 without a byte order mark, indented, with a declaration as Kodi writes it and a line break at the end."""
    _lay_out(root, "\n")
    root.tail = "\n"
    return (DECLARATION + tostring(root, encoding="unicode")).encode()


def _lay_out(element: Element, line: str) -> None:
    """Puts each child on a line of its own, except where text stands between children: there blanks mean something."""
    children = list(element)
    if not children or (element.text or "").strip() or any((child.tail or "").strip() for child in children):
        return
    element.text = line + INDENT
    for child in children:
        _lay_out(child, line + INDENT)
        child.tail = line + INDENT
    children[-1].tail = line
