"""Difficult names are read in a process of their own, which may hang, die or be killed without harm."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator

import pytest

from metarr_scanner.name_process import read_with_guessit, read_with_ptt
from metarr_scanner.names import PROCESS, NameReader

READY = "import json, sys, time\nprint('{\"ready\": true}', flush=True)\n"
HANGING = READY + "time.sleep(600)"
DYING = READY + "sys.stdin.readline()"
BABBLING = READY + "sys.stdin.readline()\nprint('[1, 2', flush=True)\ntime.sleep(600)"
HANGING_WITH_GUESSIT = READY + (
    "for line in sys.stdin:\n"
    "    if 'guessit' in line:\n"
    "        time.sleep(600)\n"
    "    print(json.dumps({'title': 'By PTT'}), flush=True)\n"
)
ECHOING_SLOWLY = READY + (
    "for line in sys.stdin:\n"
    "    name = json.loads(line)['name']\n"
    "    time.sleep(0.3 if 'slow' in name else 0)\n"
    "    print(json.dumps({'title': name}), flush=True)\n"
)
DIFFICULT = "Heat - 1995 - Michael Mann"


def stand_in(program: str) -> tuple[str, ...]:
    return (sys.executable, "-c", program)


@pytest.fixture
async def reader() -> AsyncIterator[NameReader]:
    async with NameReader() as reader:
        yield reader


async def test_tidy_and_release_names_start_no_process(reader: NameReader) -> None:
    assert (await reader.read("Heat (1995) {tmdb-949}")).ids == {"tmdb": "949"}
    assert (await reader.read("Heat.1995.1080p.BluRay.x264-GRP.mkv")).read_by == "rules"
    assert reader.process_id is None


async def test_group_names_go_to_ptt_and_the_rest_to_guessit(reader: NameReader) -> None:
    by_ptt = await reader.read("[Kulot] Violet Garden [BDRip 1920x804 HEVC].mkv")
    assert (by_ptt.title, by_ptt.read_by) == ("Violet Garden", "ptt")
    by_guessit = await reader.read(DIFFICULT)
    assert (by_guessit.title, by_guessit.year, by_guessit.read_by) == ("Heat", 1995, "guessit")
    assert by_guessit.confidence < 90


async def test_episodes_and_random_names_are_only_made_readable(reader: NameReader) -> None:
    assert (await reader.read("S01E0001-E9999.mkv")).read_by == "cleaned"
    assert (await reader.read("Some.Show.S01E02.720p.HDTV.mkv")).title == "Some Show S01E02"
    random = await reader.read("86de66b7ef385e2fa56a3e41b98481ea1658bfab.mkv")
    assert (random.title, random.confidence) == ("86de66b7ef385e2fa56a3e41b98481ea1658bfab", 0)
    assert reader.process_id is None


async def test_a_folder_and_its_file_are_read_together_and_a_sure_one_spares_the_process(reader: NameReader) -> None:
    film = await reader.read_film(folder="Persepolis (2007)", file="[XCT] Persepolis [H264+Aac-128(Fr-Eng)].mkv")
    assert (film.title, film.year) == ("Persepolis", 2007)
    assert (await reader.read_film(folder="Inception (2010)", file="movie.mkv")).title == "Inception"
    assert (await reader.read("Movies/Inception (2010)/BDMV/index.bdmv")).year == 2010
    assert (await reader.read("Movies/Heat.1995.mkv")).title == "Heat"
    assert reader.process_id is None


async def test_a_film_without_any_name_is_a_mistake(reader: NameReader) -> None:
    with pytest.raises(ValueError, match="name"):
        await reader.read_film(folder=None, file=None)


async def test_a_killed_process_is_replaced_and_nothing_is_lost(reader: NameReader) -> None:
    await reader.read(DIFFICULT)
    first = reader.process_id
    assert first is not None
    os.kill(first, signal.SIGKILL)
    assert (await reader.read(DIFFICULT)).read_by == "guessit"
    assert reader.process_id not in (None, first)


async def test_the_process_does_not_hear_what_a_terminal_says(reader: NameReader) -> None:
    await reader.read(DIFFICULT)
    assert reader.process_id is not None
    assert os.getpgid(reader.process_id) != os.getpgid(0)
    assert os.getsid(reader.process_id) != os.getsid(0)


async def test_closing_ends_the_process_and_may_be_done_twice(reader: NameReader) -> None:
    await reader.read(DIFFICULT)
    process = reader.process_id
    assert process is not None
    await reader.close()
    await reader.close()
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)


async def test_a_name_that_takes_too_long_costs_the_process_its_life_and_ptt_is_asked() -> None:
    async with NameReader(seconds=0.2, command=stand_in(HANGING_WITH_GUESSIT)) as reader:
        assert (await reader.read(DIFFICULT)).title == "By PTT"


@pytest.mark.parametrize("program", [HANGING, DYING, BABBLING], ids=["hangs", "dies", "babbles"])
async def test_when_all_readers_fail_the_cleaned_name_is_the_title(program: str) -> None:
    async with NameReader(seconds=0.2, command=stand_in(program)) as reader:
        reading = await reader.read("Heat - 1995 - Michael Mann.mkv")
        assert (reading.title, reading.read_by) == ("Heat - 1995 - Michael Mann", "cleaned")


async def test_a_process_that_cannot_start_does_not_stop_the_scan() -> None:
    async with NameReader(command=("/nonexistent/program",)) as reader:
        assert (await reader.read(DIFFICULT)).read_by == "cleaned"


async def test_a_cancelled_reading_never_answers_for_the_next_name() -> None:
    async with NameReader(command=stand_in(ECHOING_SLOWLY)) as reader:
        await reader.read("One - 1990 - quick")
        cancelled = asyncio.create_task(reader.read("Two - 1991 - slow"))
        done, _ = await asyncio.wait({cancelled}, timeout=0.1)
        assert not done
        cancelled.cancel()
        assert (await reader.read("Three - 1992 - quick")).title == "Three - 1992 - quick"


async def test_many_names_at_once_each_get_their_own_answer() -> None:
    names = [f"Film {number} - 1990 - Someone" for number in range(20)]
    async with NameReader(command=stand_in(ECHOING_SLOWLY)) as reader:
        readings = await asyncio.gather(*(reader.read(name) for name in names))
    assert [reading.title for reading in readings] == names


def test_the_process_ends_with_the_one_that_started_it() -> None:
    process = subprocess.Popen(PROCESS, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stdout.readline()
    process.stdin.close()
    assert process.wait(timeout=10) == 0
    process.stdout.close()


@pytest.mark.parametrize("read", [read_with_guessit, read_with_ptt])
def test_both_libraries_answer_in_the_same_terms(read: object) -> None:
    reading = read("Heat.1995.1080p.BluRay.x264-GRP.mkv")  # type: ignore[operator]
    assert (reading["title"], reading["year"], reading["resolution"], reading["group"]) == (
        "Heat",
        1995,
        "1080p",
        "GRP",
    )
