"""NFO: reading documents into values against the least that reading one with ElementTree takes.

Ours is `metarr.formats.nfo.read_nfo`: decode, guard, parse, check every value, settle the ids. The floor parses the same bytes
and puts the texts of all elements into dicts and lists, unchecked. Aim: 0.6 of its speed. What the bare parser takes, the
tree dropped, is shown beside it.
"""

from typing import Any
from xml.etree.ElementTree import Element, fromstring

from bench.documents import movie_nfo
from bench.table import Row, milliseconds
from bench.timing import Pair, side_by_side
from metarr.formats.nfo import read_nfo

AIM = 0.6
_DOCUMENTS = 100


def run() -> list[Row]:
    documents = [movie_nfo(number, f"The Harbour {number}", 1960 + number % 60) for number in range(_DOCUMENTS)]
    size = f"{len(documents[0]) / 1000:.1f} kB"
    ours, extract, parse = (
        lambda: [read_nfo(data) for data in documents],
        lambda: [_texts(fromstring(data)) for data in documents],
        lambda: [fromstring(data) for data in documents],
    )
    return [
        _row(f"nfo: {size} (of the speed of parsing into dicts)", side_by_side(ours, extract), AIM),
        _row(f"nfo: {size} (of the speed of parsing alone)", side_by_side(ours, parse), None),
    ]


def _texts(root: Element) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for element in root:
        values.setdefault(element.tag, []).append(_texts(element) if len(element) else (element.text or "").strip())
    return values


def _row(name: str, pair: Pair, aim: float | None) -> Row:
    return Row(
        name=name,
        ours=milliseconds(pair.ours / _DOCUMENTS),
        floor=milliseconds(pair.other / _DOCUMENTS),
        ratio=pair.other / pair.ours,
        at="least",
        aim=aim,
    )
