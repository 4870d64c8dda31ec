"""Stories: the whole house around one library."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import stamina

from metarr.db import Database
from support.story_house import House, house_at_work


@pytest.fixture(autouse=True)
def no_waits_between_attempts() -> Iterator[None]:
    """Providers are asked as often as ever, but the pauses between the attempts are left out."""
    stamina.set_testing(True, attempts=3, cap=True)
    yield
    stamina.set_testing(False)


@pytest.fixture
async def house(db: Database, database_url: str, nats_url: str, tmp_path: Path) -> AsyncIterator[House]:
    """All four workers and the API over an empty library and a provider that knows the demo's films."""
    async with house_at_work(db, database_url, nats_url, tmp_path) as house:
        yield house


@pytest.fixture
async def house_without_keys(db: Database, database_url: str, nats_url: str, tmp_path: Path) -> AsyncIterator[House]:
    """The same, but nobody has entered a provider's key."""
    async with house_at_work(db, database_url, nats_url, tmp_path, keys=False) as house:
        yield house
