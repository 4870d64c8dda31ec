"""The same pictures once more, changed as the world changes them, and how well looks tell the same from the different.

Posters are photographs with a title on them, logos white shapes on nothing. Each kind of change makes of every picture another
file of the same picture; all other pairs are different pictures.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from functools import cache

from msgspec import Struct
from PIL import Image, ImageDraw, ImageEnhance, ImageFont

from metarr_cache.images import inspect
from support.pictures import encoded, logo, photo

type Change = Callable[[int], bytes]
"""From the number of a picture to the bytes of its changed copy."""

POSTER, LOGO = (500, 750), (800, 310)
_SCALED = 0.5
_CROPPED = 0.02
_BRIGHTER, _DARKER = 1.05, 0.95
_TITLE_HEIGHT = 0.1
"""Of the picture's height."""


class Quality(Struct, frozen=True, kw_only=True):
    """How one kind of change was told: of `pictures`, the copies of `found` were; `false` pairs of `pairs` different pictures were too.

    `farthest` is the greatest distance of a copy from its picture, `nearest` the least of two different ones, in bits of 64.
    """

    pictures: int
    found: int
    pairs: int
    false: int
    farthest: int
    nearest: int

    @property
    def recall(self) -> float:
        return self.found / self.pictures

    @property
    def precision(self) -> float:
        """1 when nothing at all was taken for the same."""
        return self.found / (self.found + self.false) if self.found + self.false else 1.0


def measure(pictures: Sequence[int], copies: Sequence[int], most: int) -> Quality:
    """Compare every picture with the copy of every picture; both are hashes, in the same order."""
    distances = [[(one ^ other).bit_count() for other in copies] for one in pictures]
    own = [row[place] for place, row in enumerate(distances)]
    different = [far for place, row in enumerate(distances) for other, far in enumerate(row) if other != place]
    return Quality(
        pictures=len(own),
        found=sum(distance <= most for distance in own),
        pairs=len(different),
        false=sum(distance <= most for distance in different),
        farthest=max(own),
        nearest=min(different),
    )


def looks(count: int, picture: Change) -> list[int]:
    """The perceptual hashes of the first `count` pictures, as the cache service takes them."""
    return [int(inspect(picture(number)).perceptual_hash, 16) for number in range(count)]


def poster_file(number: int) -> bytes:
    """The picture itself."""
    return encoded(_poster(number), quality=90)


def logo_file(number: int) -> bytes:
    """The picture itself."""
    return encoded(_logo(number), "PNG")


def _scaled(image: Image.Image) -> Image.Image:
    return image.resize((round(image.width * _SCALED), round(image.height * _SCALED)), Image.Resampling.LANCZOS)


def _cropped(image: Image.Image) -> Image.Image:
    """Two hundredths less of width and height, from one side each."""
    return image.crop((round(image.width * _CROPPED), round(image.height * _CROPPED), image.width, image.height))


def _brighter(image: Image.Image) -> Image.Image:
    return ImageEnhance.Brightness(image).enhance(_BRIGHTER)


def _darker(image: Image.Image) -> Image.Image:
    return ImageEnhance.Brightness(image).enhance(_DARKER)


def _poster(number: int, language: str = "first") -> Image.Image:
    image = _photo(number).copy()
    _write(image, language, number, (255, 255, 255))
    return image


@cache
def _photo(number: int) -> Image.Image:
    """Making it takes longer than all that is done to it."""
    return photo(*POSTER, seed=number)


def _logo(number: int, language: str = "first") -> Image.Image:
    image = logo(*LOGO, seed=number)
    _write(image, language, number, (255, 255, 255, 255))
    return image


def _write(image: Image.Image, language: str, number: int, colour: tuple[int, ...]) -> None:
    """A title in the lower third, of other letters in another language."""
    chance = random.Random(f"{language} {number}")
    title = "".join(chance.choices("ABDEGHKMNORSTUVW", k=chance.randrange(5, 10)))
    height = round(image.height * _TITLE_HEIGHT)
    place = (round(image.width * 0.1), round(image.height * 0.75))
    ImageDraw.Draw(image).text(place, title, font=ImageFont.load_default(height), fill=colour)


POSTER_CHANGES: Mapping[str, Change] = {
    "scaled to half": lambda number: encoded(_scaled(_poster(number)), quality=90),
    "recompressed at quality 50": lambda number: encoded(_poster(number), quality=50),
    "5 % brighter": lambda number: encoded(_brighter(_poster(number)), quality=90),
    "5 % darker": lambda number: encoded(_darker(_poster(number)), quality=90),
    "cropped by 2 %": lambda number: encoded(_cropped(_poster(number)), quality=90),
    "other language": lambda number: encoded(_poster(number, "second"), quality=90),
}
LOGO_CHANGES: Mapping[str, Change] = {
    "scaled to half": lambda number: encoded(_scaled(_logo(number)), "PNG"),
    "recompressed as WebP": lambda number: encoded(_logo(number), "WEBP", quality=80),
    "5 % darker": lambda number: encoded(_darker(_logo(number)), "PNG"),
    "cropped by 2 %": lambda number: encoded(_cropped(_logo(number)), "PNG"),
    "other language": lambda number: encoded(_logo(number, "second"), "PNG"),
}
SAME = ("scaled to half", "recompressed at quality 50", "recompressed as WebP", "5 % brighter", "5 % darker")
"""The changes after which it is the same picture, whatever one thinks of the others."""
