"""The service is put together from its environment."""

from contextlib import AsyncExitStack

from metarr.db.queries.providers import load_providers
from metarr.messages.jobs import EnrichItem, RefreshItems
from metarr.messages.requests import FindMatches
from metarr.runtime import Service
from metarr.runtime.environment import Environment
from metarr.runtime.handlers import handlers_of
from metarr_enricher.__main__ import build


async def test_it_handles_its_jobs_answers_its_question_and_knows_the_keys_of_the_environment(db, clock, tmp_path):
    environment = Environment(data_dir=str(tmp_path), tmdb_api_key="k", omdb_api_key=None)
    async with AsyncExitStack() as stack:
        parts = await build(
            Service(name="enricher", environment=environment, db=db, bus=None, clock=clock, stack=stack)
        )
    assert set(handlers_of(parts.handlers)) == {EnrichItem.__name__, RefreshItems.__name__}
    assert list(parts.answers) == [FindMatches]
    async with db.read() as conn:
        providers = await load_providers(conn)
    assert (providers["tmdb"].api_key, providers["omdb"].api_key) == ("k", None)
