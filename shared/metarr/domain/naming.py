"""Titles for sorting and for comparing."""

import re
import unicodedata

_ARTICLE = re.compile(r"(the|an|a)\s+(?=\S)|(l\s?['’´`])\s?(?=\w)", re.IGNORECASE)
_ARTICLE_BEHIND = re.compile(r"^(?P<rest>.+),\s(?P<article>the|an|a|l['’´`])$", re.IGNORECASE)
_TRAILING_BRACKETS = re.compile(r"(?:\s\([^()]{1,80}\))+$")
_APOSTROPHES = re.compile(r"['’‘´`ʼ]")
_NOT_WORD = re.compile(r"[^\w]+|_+")
_ARTICLE_WORDS = frozenset({"the", "an", "a"})
_ROMAN = {
    "ii": "2", "iii": "3", "iv": "4", "vi": "6", "vii": "7", "viii": "8", "ix": "9", "xi": "11", "xii": "12", "xiii": "13",
}  # fmt: skip
"""`i`, `v` and `x` are left out: alone they are words (`I, Robot`, `V for Vendetta`, `We Are X`)."""

_UNFOLDED = str.maketrans(
    {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"}
    | {"½": " 1 2", "²": " 2", "³": " 3"}
)


def sort_title(title: str) -> str:
    """A leading The, A, An or L' goes to the end behind a comma, before brackets: `Mist, The (2007)`.

    Other languages' articles stay: `Die` is an article in one language and a verb in another. A title that is nothing but
    the article stays as well.
    """
    match = _ARTICLE.match(title.strip())
    if match is None:
        return title.strip()
    rest = title.strip()[match.end() :]
    article = re.sub(r"\s", "", match[1] or match[2]).capitalize()
    brackets = _TRAILING_BRACKETS.search(rest)
    if brackets is None:
        return f"{rest}, {article}"
    return f"{rest[: brackets.start()]}, {article}{brackets.group()}"


def display_title(sort_form: str) -> str:
    """The way back from `sort_title` and from names as `Mist, The`: the article leads again."""
    match = _ARTICLE_BEHIND.match(sort_form.strip())
    if match is None:
        return sort_form.strip()
    article = match["article"].capitalize()
    return f"{article}{match['rest']}" if article.startswith("L") else f"{article} {match['rest']}"


def normalise_title(title: str, *, numerals: bool = True, article: bool = True) -> str:
    """A title as it is compared: two titles that a person would call the same come out equal.

    Case and accents are folded, `&` is "and", punctuation separates words or vanishes inside them (`WALL·E` → `wall e`,
    `S.W.A.T.` → `swat`, `Ocean's` → `oceans`). With `article` leading the/a/an go, also from behind a comma; with `numerals`
    Roman numbers from II on become Arabic. Letters of all scripts stay. A title of nothing but punctuation comes
    out as its own case-folded self, so that no two different titles become equal by losing everything.
    """
    text = (display_title(title) if article else title).casefold().translate(_UNFOLDED)
    text = unicodedata.normalize("NFKC", text).casefold().translate(_UNFOLDED)
    text = "".join(letter for letter in unicodedata.normalize("NFD", text) if not _is_latin_accent(letter))
    text = unicodedata.normalize("NFC", text).replace("&", " and ").replace("+", " plus ")
    text = _APOSTROPHES.sub("", text)
    text = re.sub(r"\b(\w)\.(?=\w\b)", r"\1", text)
    words = _NOT_WORD.sub(" ", text).split()
    if numerals:
        words = [_ROMAN.get(word, word) if index else word for index, word in enumerate(words)]
    while article and len(words) > 1 and words[0] in _ARTICLE_WORDS:
        words = words[1:]
    return " ".join(words) or title.strip().casefold()


def _is_latin_accent(letter: str) -> bool:
    """Marks above and below Latin, Greek and Cyrillic letters; those of other scripts are letters to their readers."""
    return "\u0300" <= letter <= "\u036f"
