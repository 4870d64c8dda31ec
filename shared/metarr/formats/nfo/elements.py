"""A root's children by name, which is how readers and writers of NFO look at them."""

from collections.abc import Callable
from xml.etree.ElementTree import Element

Children = dict[str, list[Element]]
"""By tag: without namespace, in lower case (`tmdbId` and `tmdbid` are both in use), each list in document order."""


def group_children(root: Element) -> Children:
    children: Children = {}
    for element in root[:]:
        children.setdefault(element.tag.lower(), []).append(element)
    if "{" in root.tag:
        return {tag.rpartition("}")[2]: elements for tag, elements in children.items()}
    return children


def local_name(element: Element) -> str:
    tag = element.tag.lower()
    return tag.rpartition("}")[2] if tag[0] == "{" else tag


def first_value[Value](
    children: Children, tags: tuple[str, ...], read: Callable[[str | None], Value | None]
) -> Value | None:
    """The first value that `read` finds in the text of the elements named `tags`, names in order of trust."""
    for tag in tags:
        for element in children.get(tag, ()):
            value = read(element.text)
            if value is not None:
                return value
    return None
