"""The real queue beside a model of it: whatever happens in whatever order, the table is what the model says, and nothing is
lost, done twice, out of order or stuck.

METARR_MODEL_EXAMPLES=2000 makes it look for longer.
"""

import asyncio
import os
from typing import Any, cast

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from metarr.db import Database
from support.queue_beside import NAMES, SCOPES
from support.queue_laws import EFFECTS
from support.queue_moves import Moves
from support.queue_wishes import Wish, hours, wishes
from support.queueing import KINDS

SETTINGS = settings(
    max_examples=int(os.environ.get("METARR_MODEL_EXAMPLES", "50")),
    stateful_step_count=40,
    deadline=None,
    print_blob=True,
    report_multiple_bugs=False,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)

type Move = tuple[str, dict[str, Any]]


def move(method: str, /, **arguments: st.SearchStrategy[Any]) -> st.SearchStrategy[Move]:
    """A method of Moves and what it is called with."""
    return st.tuples(st.just(method), st.fixed_dictionaries(arguments))


places = st.integers(0, 7)
names = st.sampled_from(NAMES)
mostly = st.booleans() | st.just(True)
ends = st.sampled_from(["complete", "complete", "complete together", "fail", "discard"])
late_ends = ends | st.just("put back")

claims = move(
    "claim",
    name=names,
    limit=st.integers(1, 5),
    most=st.sampled_from([10, 10, 2]),
    kinds=st.sampled_from([KINDS, KINDS, KINDS[:1]]),
    walk=mostly,
)
ending = st.one_of(
    move("end_one", place=places, how=ends, told=mostly),
    move("end_one", place=places, how=ends, told=mostly),
    move("complete_together", name=names),
    move("put_back", place=places, after=st.none() | st.just(0) | hours, counts=st.booleans()),
    move("hold", place=places, scope=st.sampled_from(SCOPES[1:]), ended=st.booleans(), wish=st.none() | wishes),
)
dying = st.one_of(
    move("die", place=places, noticed=mostly, heir=st.none() | names, wakes=st.none() | late_ends),
    move("die", place=places, noticed=mostly, heir=names, wakes=late_ends),
    move("end_late", place=places, how=late_ends),
    move("notice_deaths", told=mostly),
    move("start_anew", name=names, leaves=st.booleans()),
    move("lose_a_claim", name=names),
)
wanting = st.one_of(
    move("cancel", place=places, told=st.booleans()),
    move("retry", place=places),
    move("retry", place=places),
    move("pause_or_resume", scope=st.sampled_from([*SCOPES, *SCOPES[1:], *SCOPES[1:]]), stop=st.booleans()),
)
keeping = st.one_of(
    move("wait", minutes=hours, promoted=mostly),
    move("upkeep", what=st.sampled_from(["reconcile", "release again", "unhold"])),
    move("look_who_aged", name=names),
)

some_jobs = precondition(lambda self: self.model.jobs)
some_to_end = precondition(lambda self: self.hands or any(job.place for job in self.model.jobs.values()))


class QueueMachine(Moves):
    """Few rules with many moves each: Hypothesis leaves out rules at random, and must not leave out most of what happens."""

    @initialize(several=st.lists(wishes, min_size=2, max_size=5))
    def ask_first(self, several: list[Wish]) -> None:
        self.ask(several)

    @rule(several=st.lists(wishes, min_size=1, max_size=4))
    def somebody_asks(self, several: list[Wish]) -> None:
        self.ask(several)

    @some_to_end
    @rule(place=places, wish=wishes, name=st.none() | names)
    def somebody_asks_again(self, place: int, wish: Wish, name: str | None) -> None:
        self.ask_again(place, wish, name)

    @some_to_end
    @rule(does=claims | ending)
    def a_worker(self, does: Move) -> None:
        self._make(does)

    @some_to_end
    @rule(does=ending)
    def a_handler(self, does: Move) -> None:
        self._make(does)

    @some_to_end
    @rule(does=dying)
    def bad_luck(self, does: Move) -> None:
        self._make(does)

    @some_jobs
    @rule(does=wanting)
    def a_person(self, does: Move) -> None:
        self._make(does)

    @some_jobs
    @rule(does=keeping)
    def time(self, does: Move) -> None:
        self._make(does)

    def _make(self, does: Move) -> None:
        name, arguments = does
        getattr(self, name)(**arguments)


def test_the_table_is_always_what_the_model_says(database_url: str) -> None:
    with asyncio.Runner() as runner:
        db = runner.run(Database.connect(database_url, name="model"))
        runner.run(db.pool.execute(EFFECTS))
        try:
            machine = cast("type[RuleBasedStateMachine]", lambda: QueueMachine(runner, db))
            run_state_machine_as_test(machine, settings=SETTINGS)
        finally:
            runner.run(db.close())
