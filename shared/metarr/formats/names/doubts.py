"""Names that the own reader does not touch: episodes, scene short names, random strings."""

import itertools
import re

_EPISODE = re.compile(
    r"(?<![^\W_])(?:"
    r"s\d{1,4}[ ._-]?x?ep?\d{1,4}"  # S01E02, s1ep2, S03XE05
    r"|s\d{1,2}(?=$|[ ._-])"  # S01
    r"|(?:19|20)\d{2}x\d{2}(?!\d)"  # 1960x05
    r"|season[ ._]\d{1,3}(?![ ._]*[\[(](?:19|20)\d\d)"  # Season 1; but Open Season 3 (2011)
    r"|episode[ ._]\d{1,4}"
    r"|e\d{2,4}(?![^\W_])"  # E02
    r")",
    re.IGNORECASE,
)
_CROSSED = re.compile(r"(?<![^\W_])\d{1,2}x\d{2,3}(?![^\W_])", re.IGNORECASE)
_TITLE_CROSSED = re.compile(r"^\d{1,2}x\d{2,3}[ ._]{1,3}[\[(]?(?:19|20)\d{2}(?!\d)", re.IGNORECASE)
_SCENE_SHORT = re.compile(r"^[a-z0-9]{2,8}-[a-z0-9.-]+$")
_BONUS = re.compile(r"-[fx]\d{2}(?:-|$)")
_HEX = re.compile(r"^(?=[0-9a-f]*\d)[0-9a-f]{16,}$", re.IGNORECASE)
_WORD = re.compile(r"^[A-Za-z0-9]{20,}$")


def is_episode(text: str) -> bool:
    """Whether a name carries an episode or season marker, and so is no film's; `10x10 (2018)` is one."""
    if _EPISODE.search(text):
        return True
    return _CROSSED.search(text) is not None and _TITLE_CROSSED.match(text) is None


def is_obfuscated(text: str) -> bool:
    """Whether a name is a hash or a random string: hexadecimal, or long words that mix digits and both cases."""
    return any(_HEX.match(word) or _is_random(word) for word in re.split(r"[\s.]+", text))


def _is_random(word: str) -> bool:
    if not _WORD.match(word) or not any(letter.isdigit() for letter in word):
        return False
    changes = sum(1 for left, right in itertools.pairwise(word) if _class(left) != _class(right))
    return changes * 3 >= len(word)


def _class(letter: str) -> int:
    return 0 if letter.isdigit() else 1 if letter.islower() else 2


def is_doubtful(text: str) -> bool:
    """Whether the own reader declines at first sight."""
    return (
        not text
        or is_episode(text)
        or is_obfuscated(text)
        or _BONUS.search(text) is not None
        or (_SCENE_SHORT.match(text) is not None and "." in text)
    )
