"""The demo's summary shows names as they are."""

from pathlib import Path

import pytest

from metarr_local.demo.report import Report, Screen, Shown


def test_a_name_that_looks_like_markup_is_shown_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    film = Shown(place="[x] Up.mkv", title="[red]Up[/] (2009)", status="enriched", why="[b]", pictures=1, problems=())
    Screen().show(Report(films=(film,), written=(), failed=()), "http://127.0.0.1:1", Path("/data"))
    shown = capsys.readouterr().out
    assert all(words in shown for words in (film.place, film.title, film.why))
