"""Turns the raw piece of a name that holds the title into a title a person would write."""

import re
import unicodedata

from metarr.domain.classify.extensions import VIDEO_EXTENSIONS, split_name

LONGEST_NAME = 255
"""File systems allow no more; what is longer is cut before anything looks at it."""

_EXTENSIONS = VIDEO_EXTENSIONS | {"jpg", "nfo", "png", "srt"}
"""Not those of all sidecars: `Kick.Ass` is a folder's whole name."""

_WRAPPERS = frozenset({"nzb", "otrkey", "torrent"})
_STUB_KINDS = frozenset({"bluray", "brd", "bd25", "bd50", "dvd", "hddvd", "hdtv", "tv", "vhs"})
_SPACES = re.compile(r"[\s_]+")
_SEPARATED = re.compile(r"[\s._]+")
_EMPTY_BRACKETS = re.compile(r"\(\s*\)|\[\s*\]|\{\s*\}")
_REPEATED = re.compile(r"([,;·-])(?:\s*\1)+")
_SPACE_BEFORE = re.compile(r"\s+([,;])")
_ABBREVIATIONS = frozenset(["dr", "mr", "mrs", "ms", "vol", "st", "jr", "sr", "vs"])
_BETWEEN_WORDS = re.compile(r"(?<=[^\W\d_]{2})\.(?=[^\W\d_]{2})")
_WEBSITE = re.compile(
    r"[\[(]?\s{0,3}(?:www\.[\w-]{1,60}(?:\.[a-z]{2,12}){1,3}"
    r"|[\w-]{1,60}\.(?:com|net|org|info|co\.[a-z]{2}|[a-z]{2}))\s{0,3}(?:[\])]\s{0,3}(?:-\s{0,3})?|\s-\s)",
    re.IGNORECASE,
)
_TRIM = " \t._-–,;:+~=|"
_PAIRS = {"(": ")", "[": "]", "{": "}"}
_BRACKETS = frozenset("()[]{}")


def without_extension(name: str) -> str:
    """The name without the extension of a media file; other dots are left alone (`S.W.A.T.`, `Mr. Nobody`)."""
    stem, extension = split_name(name)
    if extension in _WRAPPERS:
        return without_extension(stem)
    if extension not in _EXTENSIONS:
        return name
    return _without_stub_kind(stem) if extension == "disc" else stem


def _without_stub_kind(stem: str) -> str:
    rest, dot, kind = stem.rpartition(".")
    return rest if dot and kind.lower() in _STUB_KINDS else stem


def without_website(text: str) -> str:
    """The name without the address that some sites put before it: `[www.example.com] - Title`."""
    match = _WEBSITE.match(text)
    rest = text[match.end() :].lstrip() if match else ""
    return rest if any(letter.isalpha() for letter in rest) else text


def prepared(name: str) -> str:
    """A name as the readers want it: composed form (NFC), no control characters, at most LONGEST_NAME characters."""
    text = unicodedata.normalize("NFC", name[:LONGEST_NAME])
    if text.isprintable():
        return text
    return "".join(" " if unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp") else letter for letter in text)


def as_title(chunk: str) -> str:
    """The title a chunk of a name means: separators become blanks, acronyms and abbreviations get their dots back.

    A chunk with blanks, be it at its end, keeps its dots (`Mr. Nobody`, `$9.99 `); in one without, dots and underscores are
    the blanks, and so they are between long words of one that mixes both (`The.Third.Movie Name`).
    """
    text = _EMPTY_BRACKETS.sub(" ", chunk)
    blanks = " " in text
    text = text.strip()
    if blanks and len(_BETWEEN_WORDS.findall(text)) < 2:
        words = _SPACES.split(_BETWEEN_WORDS.sub(" ", text))
    else:
        words = _join_initials(_SEPARATED.split(text.strip("._")), text)
    return _tidy(" ".join(words))


def _join_initials(words: list[str], text: str) -> list[str]:
    """`R`, `I`, `P`, `D` → `R.I.P.D.`; a single letter alone stays a word, as does a leading `A`."""
    if "." not in text:
        return words
    joined: list[str] = []
    run: list[str] = []
    for word in [*words, ""]:
        if len(word) == 1 and word.isalpha() and word.isupper():
            run.append(word)
            continue
        joined.extend(["".join(f"{letter}." for letter in run)] if len(run) > 1 else run)
        run = []
        joined.append(word + "." if word.lower() in _ABBREVIATIONS and word.istitle() else word)
    return [word for word in joined if word]


def _tidy(text: str) -> str:
    text = _balanced(_SPACE_BEFORE.sub(r"\1", _REPEATED.sub(r"\1", text))).rstrip()
    title = _SPACES.sub(" ", text).strip(_TRIM)
    return title + "." if title and _keeps_dot(text) else title


def _keeps_dot(text: str) -> bool:
    """Whether the last dot belongs to the title: `S.W.A.T.`, `Jr.`, `Vol.`"""
    if not text.endswith("."):
        return False
    last = text[:-1].rsplit(" ", 1)[-1]
    return last.lower() in _ABBREVIATIONS or (len(last) >= 3 and last[-2] == "." and last[-1].isalpha())


def _balanced(text: str) -> str:
    """The text without brackets that are never closed or never opened."""
    if not _BRACKETS.intersection(text):
        return text
    stack: list[int] = []
    drop: set[int] = set()
    for index, letter in enumerate(text):
        if letter in _PAIRS:
            stack.append(index)
        elif letter in _PAIRS.values():
            if stack and _PAIRS[text[stack[-1]]] == letter:
                stack.pop()
            else:
                drop.add(index)
    drop.update(stack)
    return "".join(letter for index, letter in enumerate(text) if index not in drop) if drop else text
