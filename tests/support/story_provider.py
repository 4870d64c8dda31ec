"""TMDB, fanart.tv and OMDb for stories: what the demo's catalogue knows, with small pictures; every call counted, any answer replaceable."""

import functools
import io
import random
from typing import Any

from PIL import Image, ImageDraw

from metarr_local.demo import pictures, provider
from support.provider_stand_in import NOT_FOUND, Asked, ProviderStandIn, Reply, said

SIZES = {kind: (width // 2, height // 2) for kind, (width, height) in pictures.SIZES.items()}
"""A quarter of the demo's pixels: every picture of every story is decoded and hashed."""

_PICTURES = ("/t/p/", "/fanart/")


class StoryProvider(ProviderStandIn):
    """All three providers at one address."""

    def __init__(self) -> None:
        super().__init__(self._answer)

    @property
    def variables(self) -> dict[str, str]:
        """The environment that sends Metarr's questions here."""
        return provider.variables(self.url)

    @property
    def questions(self) -> list[str]:
        """The paths that were asked for, pictures aside."""
        return [path for path in self.paths() if not path.startswith(_PICTURES)]

    @property
    def downloads(self) -> list[str]:
        """The paths of the pictures that were asked for."""
        return [path for path in self.paths() if path.startswith(_PICTURES)]

    def film(self, tmdb_id: int) -> dict[str, Any]:
        """What TMDB tells of a film."""
        return dict(_halved(provider.answer_to(f"/3/movie/{tmdb_id}", {}, self.url)))

    def _answer(self, asked: Asked) -> Reply:
        if asked.path.startswith(_PICTURES):
            return _picture(asked.path)
        answer = provider.answer_to(asked.path, asked.params, self.url)
        return NOT_FOUND if answer is None else said(_halved(answer))


def _halved(answer: Any) -> Any:
    """The answer with pictures announced in the size that they have here."""
    if isinstance(answer, list):
        return [_halved(one) for one in answer]
    if isinstance(answer, dict):
        return {key: value // 2 if key in ("width", "height") else _halved(value) for key, value in answer.items()}
    return answer


def _picture(path: str) -> Reply:
    name = path.rpartition("/")[2].rpartition(".")[0]
    kind = name.partition("-")[0]
    if kind not in SIZES:
        return Reply(status=404)
    media_type = "image/png" if kind in pictures.TRANSPARENT else "image/jpeg"
    return Reply(body=draw(kind, name), headers={"content-type": media_type})


@functools.cache
def draw(kind: str, name: str) -> bytes:
    """A picture of this kind, made of blocks in places and colours of its name: quick to draw, and no two look alike."""
    chance = random.Random(name)
    width, height = SIZES[kind]
    clear = kind in pictures.TRANSPARENT
    picture = Image.new("RGBA" if clear else "RGB", (width, height), (0, 0, 0, 0) if clear else _colour(chance))
    pen = ImageDraw.Draw(picture)
    for _ in range(14):
        x, y = chance.randrange(width), chance.randrange(height)
        pen.rectangle((x, y, x + chance.randrange(width), y + chance.randrange(height)), fill=_colour(chance))
    out = io.BytesIO()
    picture.save(out, "PNG" if clear else "JPEG", **({"compress_level": 1} if clear else {"quality": 80}))
    return out.getvalue()


def _colour(chance: random.Random) -> tuple[int, int, int]:
    return chance.randrange(256), chance.randrange(256), chance.randrange(256)
