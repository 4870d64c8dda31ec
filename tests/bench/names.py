"""Names: the compiled fast path against guessit, on tidy folder names and release names that both can read.

Ours is `metarr.formats.names.parse_movie`. Aim: 100 times as fast; what the fast path declines goes to guessit in a process of its
own and costs what guessit costs.
"""

from guessit import guessit

from bench.table import Row, milliseconds
from bench.timing import side_by_side
from metarr.formats.names import parse_movie

AIM = 100.0
_TITLES = ("The Quiet Harbour", "Winter Course", "A Light in the North", "Boat 47", "Where the Tide Ends")
_FORMS = (
    "{title} ({year})",
    "{title} ({year}) {{tmdb-{number}}}",
    "{dotted}.{year}.1080p.BluRay.x264-GROUP",
    "{dotted}.{year}.2160p.WEB-DL.DDP5.1.Atmos.HDR.H.265-CREW",
)


def run() -> list[Row]:
    names = [
        form.format(title=title, dotted=title.replace(" ", "."), year=1990 + place, number=500 + place)
        for place, title in enumerate(_TITLES)
        for form in _FORMS
    ]
    read = sum(parse_movie(name) is not None for name in names)
    pair = side_by_side(
        lambda: [parse_movie(name) for name in names * 50], lambda: [guessit(name) for name in names], rounds=3
    )
    ours, theirs = pair.ours / (len(names) * 50), pair.other / len(names)
    return [
        Row(
            name=f"names: {read} of {len(names)} read (times as fast as guessit)",
            ours=milliseconds(ours),
            floor=milliseconds(theirs),
            ratio=theirs / ours,
            at="least",
            aim=AIM,
        )
    ]
