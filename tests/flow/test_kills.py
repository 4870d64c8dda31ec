"""kill -9 in mid-run, of everything: the library ends byte for byte as that of an undisturbed run."""

import shutil
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from msgspec import Struct

from support import story_films as films
from support.media import make_video
from support.story_house import tree
from support.story_provider import StoryProvider, draw
from support.story_system import System

pytestmark = [pytest.mark.flow, pytest.mark.xdist_group("kills"), pytest.mark.asyncio(loop_scope="module")]

HISTORY = """
SELECT substr(m.file_path, length(l.path) + 2) AS place, h.field, h.old_value, h.new_value, h.source
FROM field_history h JOIN movies m ON h.entity_type = 'movie' AND m.id = h.entity_id JOIN libraries l ON l.id = m.library_id
"""

ENDS = """
SELECT kind, status, error_message FROM job_queue WHERE status <> 'cancelled' OR error_message NOT LIKE 'replaced by%'
"""


class Outcome(Struct, frozen=True, kw_only=True):
    """What a run leaves: the library's files by content, and every change that is on record, with how often it is."""

    library: dict[str, str]
    history: Counter[tuple[str, ...]]


@pytest.fixture(scope="module")
def films_to_copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty films, made once."""
    root = tmp_path_factory.mktemp("films")
    films.put_all(root)
    for year in range(2012, 2016):
        films.put_film(root, f"Our Summer at the Lake ({year})")
    films.put(root, f"{films.SIEGFRIED}/.actors/Margarete_Schön.jpg", draw("portrait", "margarete at home"))
    films.put(root, f"{films.NON_ASCII}/fanart.jpg", draw("fanart", "from the shelf"))
    return root


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def system(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[System]:
    """One system for all deaths."""
    async with StoryProvider() as provider:
        system = System(tmp_path_factory.mktemp("system"), provider)
        await system.start()
        yield system
        await system.stop()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def undisturbed(system: System, films_to_copy: Path, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """What a run without faults leaves."""
    library = await _begin(system, films_to_copy, tmp_path_factory.mktemp("undisturbed"))
    return await _outcome(system, library)


async def _begin(system: System, films_to_copy: Path, folder: Path) -> Path:
    await system.forget_everything()
    library = folder / "library"
    shutil.copytree(films_to_copy, library)
    await system.begin_scan(library)
    return library


async def _outcome(system: System, library: Path) -> Outcome:
    """Wait for the end of a run. No job has failed or was lost; cancelled are only those whose work another one did."""
    await system.settle()
    ends = Counter(row["status"] for row in await system.look(ENDS))
    assert set(ends) == {"completed"}, await system.look(ENDS)
    history = Counter(tuple(map(str, row)) for row in await system.look(HISTORY))
    return Outcome(library=tree(library), history=history)


DEATHS = {
    "scanner": [("ScanLibrary", 0), ("ScanFolder", 0)],
    "enricher": [("EnrichItem", 1), ("EnrichItem", 10)],
    "cache": [("CacheAssets", 1), ("CacheAssets", 9)],
    "publisher": [("PublishItem", 1), ("PublishItem", 8)],
    "api": [("EnrichItem", 2), ("PublishItem", 2)],
    "postgres": [("EnrichItem", 3), ("PublishItem", 5)],
    "nats": [("EnrichItem", 3), ("CacheAssets", 5)],
    "scanner enricher cache publisher api postgres nats": [("CacheAssets", 4)],
}
"""Who dies, and when: while a job of this kind runs, after so many were completed."""


@pytest.mark.parametrize("victims", DEATHS)
async def test_whoever_is_killed_in_mid_run_the_library_ends_as_if_nothing_had_happened(
    system: System, undisturbed: Outcome, films_to_copy: Path, tmp_path: Path, victims: str
) -> None:
    library = await _begin(system, films_to_copy, tmp_path)
    for kind, completed in DEATHS[victims]:
        await system.moment(kind, completed)
        await system.kill(*victims.split())

    after = await _outcome(system, library)

    assert after.library == undisturbed.library
    assert after.history == undisturbed.history


async def test_after_the_supervisor_itself_is_killed_the_next_start_goes_on(
    system: System, undisturbed: Outcome, films_to_copy: Path, tmp_path: Path
) -> None:
    library = await _begin(system, films_to_copy, tmp_path)
    await system.moment("CacheAssets", 2)
    await system.kill_supervisor()
    await system.start()

    after = await _outcome(system, library)

    assert after.library == undisturbed.library
    assert after.history == undisturbed.history


async def test_killed_while_a_changed_library_is_scanned_again_it_ends_as_if_nothing_had_happened(
    system: System, films_to_copy: Path, tmp_path: Path
) -> None:
    outcomes = []
    for disturbed in (False, True):
        library = await _begin(system, films_to_copy, tmp_path / f"disturbed {disturbed}")
        await system.settle()
        await _change(system, library)
        if disturbed:
            await system.moment("ScanFolder", 1)
            await system.kill("scanner", "postgres")
            await system.moment("PublishItem", 16)
            await system.kill("publisher", "cache")
        outcomes.append(await _outcome(system, library))

    undisturbed, after = outcomes
    assert after.library == undisturbed.library
    assert after.history == undisturbed.history


async def _change(system: System, library: Path) -> None:
    """A film is renamed, one removed, one upgraded, one edited, one new, and one gets a person's poster."""
    (library / films.BY_NAME).rename(library / "Nosferatu, a Symphony (1922)")
    shutil.rmtree(library / films.TIDY)
    shutil.rmtree(library / films.RELEASE)
    make_video(library / films.RELEASE / "His Girl Friday (1940) Bluray.mkv", seed="better")
    films.put(library, f"{films.NUMBER}/poster.jpg", draw("poster", "by a person"))
    films.put_film(library, "The Circus (1928) {tmdb-910001}")
    (edited,) = await system.look("SELECT id FROM movies WHERE tmdb_id = 22596")
    await system.ask("PATCH", f"/movies/{edited[0]}", json={"plot": "Do not look down."})
    (shelf,) = (await system.ask("GET", "/libraries"))["items"]
    await system.ask("POST", f"/libraries/{shelf['id']}/scan")
