"""Reads what the name of a subtitle says behind its film's name: `<film>[.title][.language][.flags].srt`, in any order.

Pieces between dots are each a flag, a language or part of a title. The last language counts, earlier ones are title
(`.fr.en` is English, called "fr"). A lone `hi` is Hindi; beside another language it means hearing-impaired. `forced`, `foreign`
and `default` count as words inside a piece too. A piece of several words that begins with a language, `pt-br forced my title`,
is read word by word from its left. Players and *arr agree on these (FIELD_GUIDE 4.5).
"""

import re

from msgspec import Struct

from metarr.domain.classify.languages import language_code

_FORCED = frozenset({"forced", "foreign"})
_SDH = frozenset({"sdh", "cc", "psdh"})
_DEFAULT = frozenset({"default"})
_HI = "hi"
_REGIONAL = re.compile(r"(?P<language>[a-z]{2,3})[-_](?P<region>[a-z]{2}|\d{3}|hans|hant|latn|cyrl)", re.IGNORECASE)
_GLUED = re.compile(r"(?P<language>[a-z]{3})(?:sdh|cc)", re.IGNORECASE)
_NUMBER_BEFORE = re.compile(r"^\d{1,3}(?:_|\s?-\s?|\.)")
_WORDS = re.compile(r"[\s_]+|(?<=[^\W\d_]{3})-(?=[^\W\d_]{2})")


class SubtitleName(Struct, frozen=True, kw_only=True):
    """language is ISO 639-2 (bibliographic); region as written (`BR`, `Hans`, `419`); title what is neither."""

    language: str | None = None
    region: str | None = None
    title: str | None = None
    forced: bool = False
    sdh: bool = False
    default: bool = False


class _Piece(Struct, frozen=True, kw_only=True):
    """One piece: flags as a set of words, else a language, else text."""

    text: str
    flags: frozenset[str] = frozenset()
    language: str | None = None
    region: str | None = None


def read_subtitle_name(rest: str) -> SubtitleName:
    """What the piece between the film's name and the extension says; empty says nothing."""
    pieces = [piece for text in rest.strip(" -_.").split(".") if text.strip() for piece in _pieces(text.strip())]
    spoken = [piece for piece in pieces if piece.language is not None]
    others = [piece for piece in spoken if piece.text.casefold() != _HI]
    language = next(reversed(others or spoken), None)
    flags = {flag for piece in pieces for flag in piece.flags}
    title = [
        piece.text for piece in pieces if not piece.flags and piece is not language and not _is_hi_flag(piece, others)
    ]
    return SubtitleName(
        language=language.language if language else None,
        region=language.region if language else None,
        title=".".join(title) or None,
        forced=bool(flags & _FORCED),
        sdh=bool(flags & _SDH) or any(_is_hi_flag(piece, others) for piece in pieces),
        default=bool(flags & _DEFAULT),
    )


def read_loose_subtitle(stem: str) -> SubtitleName:
    """What the whole name of a file in a `Subs` folder says: `2_English`, `01_english-eng_sdh`, `German.forced`."""
    return read_subtitle_name(_NUMBER_BEFORE.sub("", stem))


def _is_hi_flag(piece: _Piece, others: list[_Piece]) -> bool:
    return bool(others) and piece.text.casefold() == _HI


def _pieces(text: str) -> list[_Piece]:
    """A piece between dots, taken apart when it is several words of which the first ones are language or flags."""
    whole = _piece(text)
    if whole.flags or whole.language:
        return [whole]
    words = [word for word in _WORDS.split(text) if word]
    known: list[_Piece] = []
    for word in words:
        piece = _piece(word)
        if (not piece.flags and piece.language is None) or _is_another_language(piece, known):
            break
        known.append(piece)
    rest = " ".join(words[len(known) :])
    if known and len(words) > 1 and not _is_sentence(known, rest):
        return [*known, *([_Piece(text=rest)] if rest else [])]
    flags = frozenset(word.casefold() for word in words) & (_FORCED | _DEFAULT)
    return [_Piece(text=text, flags=flags)]


def _is_another_language(piece: _Piece, known: list[_Piece]) -> bool:
    """`english-eng` says one thing twice; in `pt-br forced my title` the code of Burmese is a word."""
    return piece.language is not None and any(other.language not in (None, piece.language) for other in known)


def _is_sentence(known: list[_Piece], rest: str) -> bool:
    """`My Comments` begins with a code (Burmese) but is text: two letters before further words are a word."""
    return bool(rest) and len(known) == 1 and not known[0].flags and len(known[0].text) == 2 and known[0].region is None


def _piece(text: str) -> _Piece:
    folded = text.casefold()
    if folded in _FORCED | _SDH | _DEFAULT:
        return _Piece(text=text, flags=frozenset({folded}))
    regional = _REGIONAL.fullmatch(text)
    if regional and language_code(regional["language"]):
        return _Piece(text=text, language=language_code(regional["language"]), region=regional["region"])
    glued = _GLUED.fullmatch(text)
    if glued and language_code(glued["language"]):
        return _Piece(text=text, language=language_code(glued["language"]), flags=frozenset({"sdh"}))
    return _Piece(text=text, language=language_code(text))
