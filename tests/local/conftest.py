"""What the tests of the local system share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.servers import scratch


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder in which a PostgreSQL server can run."""
    with scratch() as made:
        yield made
