"""Provider ids in folder and file names, in every form that Kodi, Jellyfin, Plex, Emby and the *arr write or read.

`{tmdb-1}` `[tmdbid=1]` `(imdbid-tt0123456)`, and a bare `tt0123456`. Opening and closing bracket must be of one kind.
"""

import re

_PROVIDERS = "tmdb|tvdb|imdb|tvmaze|anidb|anilist|anisearch|musicbrainz"
_TAG = re.compile(
    rf"(?P<open>[\[{{(])[ ]{{0,4}}(?P<provider>{_PROVIDERS})(?:id)?[ ]{{0,4}}[-=:][ ]{{0,4}}(?P<id>[A-Za-z0-9-]{{1,64}})[ ]{{0,4}}"
    r"(?P<close>[\]})])",
    re.IGNORECASE,
)
_BARE_IMDB = re.compile(r"(?<![^\W_])tt\d{7,8}(?![^\W_])", re.IGNORECASE)
_CLOSING = {"[": "]", "{": "}", "(": ")"}


def extract_ids(name: str) -> dict[str, str]:
    """The ids a name carries, provider → id as text; the first of each provider counts. Ids that cannot be are left out.

    tmdb and tvdb ids are positive numbers without leading zeros, imdb ids `tt` with at least seven digits.
    """
    return take_ids(name)[0]


def take_ids(name: str) -> tuple[dict[str, str], str]:
    """The ids of a name, and the name with each of their tags replaced by one blank."""
    ids: dict[str, str] = {}

    def note(match: re.Match[str]) -> str:
        if match["close"] != _CLOSING[match["open"]]:
            return match.group()
        provider = match["provider"].lower()
        valid = _valid(provider, match["id"])
        if valid:
            ids.setdefault(provider, valid)
        return " "

    rest = _TAG.sub(note, name)
    bare = _BARE_IMDB.search(rest)
    if bare is not None:
        ids.setdefault("imdb", bare.group().lower())
        rest = _BARE_IMDB.sub(" ", rest)
    return ids, rest


def _valid(provider: str, text: str) -> str | None:
    if provider == "imdb":
        digits = text.lower().removeprefix("tt")
        return f"tt{digits:0>7}" if digits.isascii() and digits.isdigit() and len(digits) <= 10 else None
    if provider == "musicbrainz":
        return text.lower()
    if not text.isascii() or not text.isdigit() or len(text) > 12 or int(text) == 0:
        return None
    return str(int(text))
