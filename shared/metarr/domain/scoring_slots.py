"""What a good picture is for each slot: ideal size, shape, smallest size and the language it should speak."""

from msgspec import Struct

type Steps = tuple[str, ...]
"""A language order, see metarr.domain.artwork_rules."""

TEXT: Steps = ("wanted", "en", "none")
"""The picture is made of words, so the reader's language counts, then English, then none."""
POSTER: Steps = ("wanted", "none", "original", "en")
TEXTLESS: Steps = ("none", "wanted", "en")
TEXTLESS_POSTER: Steps = ("none", "wanted", "original", "en")

TOLERANCE = 0.10
"""How far shapes and smallest sizes may be missed before they count as missed (BEHAVIOUR 1.3)."""


class Slot(Struct, frozen=True, kw_only=True):
    """Sizes are (width, height) in pixels. `shapes` is the lowest and highest width : height that players show well.

    `any_shape` says that all shapes within the range are equally good; otherwise the ideal size's shape is the best.
    `languages` is the order that holds when nobody says another; `textless` the one of the preset of that name, where words are
    not what the picture is made of. `local_first` puts a picture that lies beside the media before all others, whatever its score.
    """

    ideal: tuple[int, int]
    smallest: tuple[int, int]
    shapes: tuple[float, float]
    languages: Steps
    textless: Steps | None = None
    any_shape: bool = False
    transparent: bool = False
    local_first: bool = False


SLOTS: dict[str, Slot] = {
    "poster": Slot(
        ideal=(2000, 3000), smallest=(500, 700), shapes=(0.65, 0.72), languages=POSTER, textless=TEXTLESS_POSTER
    ),
    "fanart": Slot(
        ideal=(1920, 1080), smallest=(1280, 720), shapes=(1.70, 1.85), languages=TEXTLESS, textless=TEXTLESS
    ),
    "logo": Slot(
        ideal=(800, 310), smallest=(400, 100), shapes=(1.5, 4.0), languages=TEXT, any_shape=True, transparent=True
    ),
    "clearart": Slot(
        ideal=(1000, 562), smallest=(500, 200), shapes=(1.5, 3.0), languages=TEXT, any_shape=True, transparent=True
    ),
    "banner": Slot(ideal=(1000, 185), smallest=(758, 140), shapes=(4.5, 6.0), languages=TEXT),
    "thumb": Slot(ideal=(1000, 562), smallest=(400, 225), shapes=(1.3, 1.85), languages=TEXT, textless=TEXTLESS),
    "discart": Slot(ideal=(1000, 1000), smallest=(500, 500), shapes=(0.95, 1.05), languages=TEXT, transparent=True),
    "portrait": Slot(
        ideal=(600, 900),
        smallest=(100, 150),
        shapes=(0.6, 1.0),
        languages=TEXTLESS,
        textless=TEXTLESS,
        any_shape=True,
        local_first=True,
    ),
}
"""By asset_type (BEHAVIOUR 1.3 and 3.2; `thumb` is what players call landscape), and `portrait` for a person."""


def slot_of(entity_type: str, asset_type: str) -> Slot:
    """The rules for a picture of this kind; a type without rules of its own is judged as a thumb."""
    return SLOTS["portrait"] if entity_type == "actor" else SLOTS.get(asset_type, SLOTS["thumb"])
