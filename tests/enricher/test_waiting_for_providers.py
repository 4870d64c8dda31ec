"""A job that waits for a provider's budget says so while it waits."""

import msgspec

from metarr import queue
from metarr.messages.jobs import EnrichItem
from metarr.runtime import new_job
from metarr.runtime.work import Progress, Work
from support.film_documents import TMDB_ID
from support.workers import hire


async def test_a_job_that_waits_for_a_budget_says_whose_it_is(handlers, add_film, db, clock, door, tmp_path):
    job = EnrichItem(entity_type="movie", entity_id=await add_film(tmdb_id=TMDB_ID), fresh=True)
    async with db.transaction() as conn:
        await conn.execute("UPDATE provider_config SET rate_limit_per_second = 1.25 WHERE provider_name = 'tmdb'")
        await queue.enqueue(conn, [new_job(job, priority=5)])
        await hire(conn, "e", "enricher")
        (claimed,) = await queue.claim(conn, "enricher", ["EnrichItem"], "e", limit=1)
    heard = []

    async def hear(_job_id: int, data: bytes) -> None:
        heard.append(msgspec.json.decode(data, type=Progress))

    for _ in range(2):  # the bucket holds one call of the background's share
        work = Work(claimed, db=db, clock=clock, data_dir=str(tmp_path), say_progress=hear)
        await handlers.enrich_item(job, work)
        await work.commit()
        clock.advance(1)
    waits = [said for said in heard if said.waits]
    assert [(said.doing, said.done, said.total) for said in waits] == [("waits for tmdb's budget", 1, 2)]
    assert (heard[-1].waits, heard[-1].doing) == (False, "asking the providers")
