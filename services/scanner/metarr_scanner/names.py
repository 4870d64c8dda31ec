"""Reads what folder and file names say about films, however difficult they are, and never for long.

Tidy and release names are read by `metarr.formats.names`, which declines when unsure. What it declines goes to a process of
its own, because guessit needs more than a minute for some names and cannot be interrupted: `[Group] Title` to PTT, which
knows them best, the rest to guessit, and to PTT where guessit failed. A reading that takes longer than two seconds costs that
process its life; the next name starts a new one. Names of episodes are no films' and random strings nobody's: they, and
whatever all readers fail on, are only made readable. The process starts with the first difficult name, so that a tidy
library never pays for it, in a session of its own, so that Ctrl-C in a terminal does not reach it.
"""

import asyncio
import contextlib
import json
import re
import sys
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Literal, Self

import msgspec
from msgspec import Struct

from metarr.formats.names import MovieName, clean_name, combine, extract_ids, parse_movie, says_nothing, strip_part
from metarr.formats.names.doubts import is_episode, is_obfuscated
from metarr.formats.names.text import prepared

READING_SECONDS = 2.0
START_SECONDS = 30.0
"""Importing both libraries takes a third of a second; a cold, busy disk has been seen to need far more."""

WITH_YEAR, WITHOUT_YEAR = 70, 40
"""Confidence of a foreign reader's title."""

_REVISION = re.compile(r"(?<=\S)[ ._]v\d$")
_OTHER_TITLE = re.compile(r"(\S[^()]{0,200}?)[ ._]\(([^()]{1,200})\)")

DISC_FOLDERS = frozenset({"BDMV", "VIDEO_TS", "STREAM", "PLAYLIST", "HVDVD_TS"})
_LIBRARY_NAME = re.compile(
    r"movies?|films?|filme|cinema|kino|videos?|media|library|downloads|server|data|nas", re.IGNORECASE
)

Reader = Literal["guessit", "ptt"]
PROCESS = (sys.executable, "-m", "metarr_scanner.name_process")


class _Answer(Struct, frozen=True, kw_only=True):
    """What the process says about one name."""

    title: str | None = None
    year: int | None = None
    edition: str | None = None
    part: int | None = None
    resolution: str | None = None
    source: str | None = None
    codec: str | None = None
    group: str | None = None
    aliases: tuple[str, ...] = ()
    failed: str | None = None


class NameReader:
    """Reads names; holds at most one process. Safe to use from many tasks. Close it, or use it with `async with`."""

    def __init__(self, *, seconds: float = READING_SECONDS, command: Sequence[str] = PROCESS) -> None:
        self._process = _ReadingProcess(seconds=seconds, command=command)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    @property
    def process_id(self) -> int | None:
        """The process that reads difficult names, while there is one."""
        return self._process.pid

    async def close(self) -> None:
        await self._process.close()

    async def read(self, name: str) -> MovieName:
        """The best reading of one folder or file name. Always has a title; see its confidence. A path is read by `read_path`."""
        if "/" in name.strip("/"):
            return await self.read_path(name)
        name = name.strip("/")
        return parse_movie(name) or await self._read_difficult(name)

    async def read_path(self, path: str) -> MovieName:
        """The film at a path, whose last folder is taken for the film's own unless it is named as libraries are (`Movies`).

        The folders of a disc (`BDMV`, `VIDEO_TS`) are passed over.
        """
        *folders, file = [piece for piece in path.split("/") if piece] or [path]
        while folders and folders[-1].upper() in DISC_FOLDERS:
            folders.pop()
        own = folders[-1] if folders and not _LIBRARY_NAME.fullmatch(folders[-1]) else None
        return await self.read_film(folder=own, file=file)

    async def read_film(self, *, folder: str | None, file: str | None) -> MovieName:
        """The film that the name of its own folder and that of its file mean together.

        Pass None for a folder that holds other films too, and for a file that is not to be asked (a disc's). A name that the
        rules decline is not asked any further when the other one has the year or an id.

        Raises:
            ValueError: neither name is given.
        """
        file = None if file is not None and folder is not None and says_nothing(file) else file
        names = [name for name in (folder, file) if name]
        if not names:
            raise ValueError("a film has a folder name or a file name")
        quick = {name: parse_movie(name) for name in names}
        if not any(reading is not None and (reading.year or reading.ids) for reading in quick.values()):
            quick = {name: reading or await self._read_difficult(name) for name, reading in quick.items()}
        both = combine(quick.get(folder or ""), quick.get(file or ""))
        return both or await self._read_difficult(names[0])

    async def _read_difficult(self, name: str) -> MovieName:
        cleaned = clean_name(name)
        if is_episode(name) or is_obfuscated(name):
            return cleaned
        order: tuple[Reader, ...] = ("ptt", "guessit") if name.lstrip().startswith("[") else ("guessit", "ptt")
        for reader in order:
            answer = await self._process.ask(reader, prepared(name))
            if answer is not None and answer.title:
                return _believed(answer, reader, name)
        return cleaned


def _believed(answer: _Answer, reader: Reader, name: str) -> MovieName:
    title, alias = _without_leftovers(answer.title or "")
    return MovieName(
        title=title,
        year=answer.year,
        edition=answer.edition,
        part=answer.part,
        stack_base=strip_part(name) if answer.part else None,
        ids=extract_ids(name),
        resolution=answer.resolution,
        source=answer.source,
        codec=answer.codec,
        group=answer.group,
        aliases=(*alias, *answer.aliases),
        confidence=WITHOUT_YEAR if answer.year is None else WITH_YEAR,
        read_by=reader,
    )


def _without_leftovers(title: str) -> tuple[str, tuple[str, ...]]:
    """The title without what foreign readers leave at its end: `Title v2`, `Title (Other Title)`; the latter is an alias."""
    title = _REVISION.sub("", title)
    match = _OTHER_TITLE.fullmatch(title)
    return (match[1], (match[2], title)) if match else (title, ())


class _ReadingProcess:
    """One process that is asked one name at a time, killed when it takes too long, and started again when needed."""

    def __init__(self, *, seconds: float, command: Sequence[str]) -> None:
        self._seconds = seconds
        self._command = command
        self._process: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()

    @property
    def pid(self) -> int | None:
        return None if self._process is None else self._process.pid

    async def ask(self, reader: Reader, name: str) -> _Answer | None:
        """The answer; None when it failed or took too long. A process that was killed meanwhile is replaced once."""
        async with self._turn:
            for _ in range(2):
                try:
                    return await self._ask(reader, name)
                except TimeoutError:
                    return None
                except (OSError, EOFError, msgspec.MsgspecError):
                    continue
            return None

    async def close(self) -> None:
        async with self._turn:
            await self._end()

    async def _ask(self, reader: Reader, name: str) -> _Answer | None:
        process = await self._running()
        answered = False
        try:
            async with asyncio.timeout(self._seconds):
                answer = await _exchange(process, {"reader": reader, "name": name})
            answered = True
        finally:
            if not answered:  # also when the asking task was cancelled: the late answer must not meet the next name
                await self._end()
        return None if answer.failed else answer

    async def _running(self) -> asyncio.subprocess.Process:
        if self._process is not None and self._process.returncode is None:
            return self._process
        await self._end()
        self._process = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,
        )
        ready = False
        try:
            async with asyncio.timeout(START_SECONDS):
                await _read_line(self._process)
            ready = True
        finally:
            if not ready:
                await self._end()
        return self._process

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
        await process.wait()


async def _exchange(process: asyncio.subprocess.Process, request: Mapping[str, str]) -> _Answer:
    assert process.stdin is not None
    process.stdin.write(json.dumps(request).encode() + b"\n")
    await process.stdin.drain()
    return msgspec.json.decode(await _read_line(process), type=_Answer)


async def _read_line(process: asyncio.subprocess.Process) -> bytes:
    assert process.stdout is not None
    line = await process.stdout.readline()
    if not line.endswith(b"\n"):
        raise EOFError("the reading process ended")
    return line
