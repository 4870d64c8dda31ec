"""The program of the process that reads difficult names with guessit and PTT; it may be killed at any moment.

One JSON object a line: in `{"reader": "guessit", "name": "…"}`, out the reading or `{"failed": "…"}`. It ends when its input
ends, and the kernel ends it when one name takes longer than LONGEST_READING, so that it never outlives a killed scanner by
much. Both libraries answer in dictionaries of loose shape: everything is checked before it is believed.
"""

import json
import signal
import sys
from collections.abc import Mapping

LONGEST_READING = 5
"""Seconds; the scanner loses patience earlier."""

Reading = dict[str, object]


def main() -> None:
    import guessit  # noqa: F401  imported here, so that nobody but this process pays for it
    import PTT  # noqa: F401

    _say({"ready": True})
    for line in sys.stdin:
        request = json.loads(line)
        signal.alarm(LONGEST_READING)
        _say(_answer(request["reader"], request["name"]))
        signal.alarm(0)


def _say(message: Reading) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def _answer(reader: str, name: str) -> Reading:
    from guessit.api import GuessitException

    read = read_with_guessit if reader == "guessit" else read_with_ptt
    try:
        return read(name)
    except (GuessitException, ValueError, TypeError, LookupError, AttributeError, RuntimeError) as fault:
        return {"failed": f"{type(fault).__name__}: {fault}"}


def read_with_guessit(name: str) -> Reading:
    """The fields of a `MovieName` that guessit finds, the name taken as a film's."""
    from guessit import guessit

    found = guessit(name, {"type": "movie"})
    return {
        "title": _text(found.get("title")),
        "year": _year(found.get("year")),
        "edition": _text(found.get("edition")),
        "part": _number(found.get("cd")),
        "resolution": _text(found.get("screen_size")),
        "source": _text(found.get("source")),
        "codec": _text(found.get("video_codec")),
        "group": _text(found.get("release_group")),
        "aliases": _texts(found.get("alternative_title")),
    }


def read_with_ptt(name: str) -> Reading:
    """The fields of a `MovieName` that PTT finds."""
    from PTT import parse_title

    found: Mapping[str, object] = parse_title(name)
    return {
        "title": _text(found.get("title")),
        "year": _year(found.get("year")),
        "edition": _text(found.get("edition")),
        "resolution": _text(found.get("resolution")),
        "source": _text(found.get("quality")),
        "codec": _text(found.get("codec")),
        "group": _text(found.get("group")),
    }


def _texts(value: object) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [item for item in values if isinstance(item, str) and item.strip()]


def _text(value: object) -> str | None:
    return " ".join(_texts(value)).strip() or None


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and 0 < value < 100 else None


def _year(value: object) -> int | None:
    return value if isinstance(value, int) and 1800 <= value < 2100 else None


if __name__ == "__main__":
    main()
