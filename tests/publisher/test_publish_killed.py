"""A publisher that is killed at any moment leaves whole files, and the next run ends where an undisturbed one does."""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from support.publishing import BIN, Shelf, content_of, jpeg, png

MUTATING = ("open", "write", "fsync", "replace", "link", "unlink", "mkdir", "rmdir", "fchmod", "fchown")
DAY = f"{BIN}/2026-03-01"


class KilledError(BaseException):
    """Stands for kill -9: nothing that comes after it has any effect, cleaning up included."""


@contextmanager
def killed_at(monkeypatch: pytest.MonkeyPatch, moment: int) -> Iterator[list[str]]:
    """Let the process die at its `moment`-th change to the disk; a write that is cut short has done half its work."""
    done: list[str] = []

    def mortal(name: str, real: Any) -> Any:
        def call(*arguments: Any, **options: Any) -> Any:
            if name == "open" and not arguments[1] & os.O_CREAT:
                return real(*arguments, **options)
            if len(done) >= moment:
                if name == "write" and len(done) == moment:
                    real(arguments[0], arguments[1][: len(arguments[1]) // 2])
                done.append(name)
                raise KilledError(name)
            done.append(name)
            return real(*arguments, **options)

        return call

    with monkeypatch.context() as patch:
        for name in MUTATING:
            patch.setattr(os, name, mortal(name, getattr(os, name)))
        yield done


async def prepared(shelf: Shelf, name: str) -> int:
    """A film whose next publish has everything to do: add, replace ours and theirs, hide, adopt, remove."""
    movie_id = await shelf.film(f"{name}/Heat.mkv", title="Heat")
    await shelf.picture(movie_id, "fanart", jpeg("old fanart"))
    await shelf.picture(movie_id, "banner", jpeg("old banner"))
    await shelf.publish(movie_id)
    folder = shelf.root / name
    (folder / "poster.jpg").write_bytes(jpeg("their poster"))
    (folder / "poster.png").write_bytes(png("their other poster"))
    (folder / "movie.nfo").write_bytes(b"<movie><title>Heat</title><userrating>9</userrating></movie>")
    await shelf.change(movie_id, fanart_id=None, plot="A thief and a policeman.")
    await shelf.picture(movie_id, "poster", jpeg("our poster"))
    await shelf.picture(movie_id, "banner", jpeg("new banner"))
    await shelf.actor(movie_id, "Al Pacino", jpeg("pacino"))
    return movie_id


async def outcome(shelf: Shelf, movie_id: int, name: str) -> dict[str, object]:
    kept = shelf.root / DAY / name
    manifest = shelf.root / f"{DAY}.jsonl"
    lines = [line for line in manifest.read_text().splitlines() if line.endswith("}")]  # others are cut short
    noted = [json.loads(line)["kept_as"].partition(f"{name}/")[2] for line in lines]
    return {
        "folder": {path: data for path, data in content_of(shelf.root / name).items() if path != "Heat.mkv"},
        "bin": content_of(kept),
        "noted": sorted(filter(None, noted)),
        "candidates": sorted(await shelf.candidates("movie", movie_id)),
        "recorded": sorted(
            (path.replace(name, ""), content_hash) for path, content_hash in (await shelf.recorded(movie_id)).items()
        ),
    }


async def test_killed_at_any_moment_it_ends_as_if_nothing_had_happened(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    undisturbed = await prepared(shelf, "undisturbed")
    await shelf.publish(undisturbed)
    expected = await outcome(shelf, undisturbed, "undisturbed")
    whole = {jpeg("their poster"), jpeg("our poster")}

    moment, died = 0, True
    while died:
        shutil.rmtree(shelf.root / BIN, ignore_errors=True)
        name = f"killed{moment}"
        movie_id = await prepared(shelf, name)
        with killed_at(monkeypatch, moment) as done:
            try:
                await shelf.publish(movie_id)
            except KilledError:
                died = True
            else:
                died = len(done) > moment
        assert (shelf.root / name / "poster.jpg").read_bytes() in whole

        await shelf.publish(movie_id)

        assert await outcome(shelf, movie_id, name) == expected, (
            f"killed before step {moment}: {done[moment : moment + 1]}"
        )
        shutil.rmtree(shelf.root / name)
        moment += 1
    assert moment > 30


async def test_killed_before_the_database_knows_it_ends_as_if_nothing_had_happened(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    undisturbed = await prepared(shelf, "undisturbed")
    await shelf.publish(undisturbed)
    movie_id = await prepared(shelf, "killed")
    with monkeypatch.context() as patch:
        patch.setattr("metarr_publisher.jobs.mark_published", die)
        with pytest.raises(KilledError):
            await shelf.publish(movie_id)

    await shelf.publish(movie_id)

    assert await outcome(shelf, movie_id, "killed") == await outcome(shelf, undisturbed, "undisturbed")


async def die(*_: object) -> None:
    raise KilledError
