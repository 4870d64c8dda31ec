"""All that may happen to the queue: what people, workers, crashes and time do to it."""

import dataclasses
from datetime import timedelta

from metarr import queue
from metarr.errors import Conflict
from support.queue_beside import Beside, Hand
from support.queue_laws import have_effect
from support.queue_model import BADLY, ENDED
from support.queue_wishes import Wish, new_job, request
from support.queueing import SERVICE

UNKNOWN = 999_999


class Moves(Beside):
    """`told` is False where a crash comes between the end of a job and the word to those who wait for it."""

    asked = 0

    # Asking

    def ask_again(self, place: int, wish: Wish, name: str | None) -> None:
        """For what runs, or is held; somebody may come for it at once."""
        keys = self._keyed()
        key = keys[place % len(keys)] if keys else wish.key
        self.ask([dataclasses.replace(wish, key=key)])
        if name is not None:
            self.take_over(name)

    def _keyed(self) -> list[str]:
        jobs = self.model.jobs.values()
        return [job.key for job in jobs if job.key is not None and (job.status == "running" or job.held is not None)]

    def ask(self, several: list[Wish]) -> None:
        self.asked += 1
        requests = [
            request(wish, number=self.asked * 10 + number, now=self.model.now, parent=self._parent)
            for number, wish in enumerate(several)
        ]
        jobs = [new_job(asked, wish) for asked, wish in zip(requests, several, strict=True)]
        if self.model.refuses(requests):
            self.refused(Conflict, lambda conn: queue.enqueue(conn, jobs))
            return
        (placed,) = self.do(lambda conn: queue.enqueue(conn, jobs))
        known = set(self.model.jobs)
        for asked, one in zip(requests, placed, strict=True):
            assert self.model.ask(asked, one.id) == (one.id, one.fresh)
        self.check()
        self._stand_as_asked([one.id for one in placed if one.id not in known])

    def _parent(self, place: int) -> int | None:
        """One that can be waited for, if there is any; seldom one that cannot."""
        badly = [job.id for job in self.model.jobs.values() if job.status in BADLY]
        others = [job.id for job in self.model.jobs.values() if job.status not in BADLY]
        if place < 0:
            return badly[-1] if badly else UNKNOWN
        return others[-1 - place % len(others)] if others else None

    def _stand_as_asked(self, fresh: list[int]) -> None:
        asked_once = [self.model.jobs[job_id] for job_id in fresh if fresh.count(job_id) == 1]
        line = [job.place for job in asked_once if job.place is not None]
        assert line == sorted(line), "a batch does not keep its order"

    # Claiming

    def claim(self, name: str, limit: int, most: int, kinds: tuple[str, ...], walk: bool) -> None:
        self.claim_with(name, limit, most, kinds, walk=walk)

    def look_who_aged(self, name: str) -> None:
        line = self.lines[self.desk(name)]
        heads = {
            level: standing[0].created
            for level, mark in zip(*line.all_levels(), strict=True)
            if (standing := self.model.standing(level, mark))
        }
        self.do(lambda conn: queue.find_aged(conn, SERVICE, line))
        assert set(line._aged) == {level for level, created in heads.items() if self.model.now - created >= 60}
        ages = [heads[level] for level in line._aged]
        assert ages == sorted(ages)

    # Ending

    def end_one(self, place: int, how: str, told: bool) -> None:
        hand = self.take_hand(place)
        if hand is not None:
            self._end(hand, how, told=told)

    def complete_together(self, name: str) -> None:
        self.complete_all(name)

    def put_back(self, place: int, after: int | None, counts: bool) -> None:
        hand = self.take_hand(place)
        if hand is not None:
            self._put_back(hand, after=after, counts=counts)

    def hold(self, place: int, scope: str, ended: bool, wish: Wish | None) -> None:
        """As a handler does that was claimed during a pause; the pause may have ended since, the work be asked for again."""
        if not ended:
            self.pause(scope)
        hand = self.take_hand(place)
        if hand is not None:
            self._put_back(hand, held=scope)
            if wish is not None:
                self.check()
                self.ask([dataclasses.replace(wish, key=hand.claimed.unique_key)])

    def end_late(self, place: int, how: str) -> None:
        """One that was given up goes on: best while another runs the same job."""
        late = [hand for hand in self.hands if not self.still_owns(hand)]
        late.sort(key=lambda hand: self.model.jobs[hand.claimed.id].status != "running")
        if not late:
            return
        hand = late[place % len(late)]
        self.hands.remove(hand)
        if how == "put back":
            self._put_back(hand)
        else:
            self._end(hand, how, told=True)

    def _end(self, hand: Hand, how: str, *, told: bool) -> None:
        match how:
            case "complete":
                self._complete(hand, told=told)
            case "complete together":
                self.complete_those([hand])
            case _:
                self._give_up(hand, discarded=how == "discard", told=told)

    def _complete(self, hand: Hand, *, told: bool) -> None:
        claimed = hand.claimed
        job = self.end(
            hand, lambda conn: have_effect(conn, claimed.id), lambda conn: queue.complete(conn, claimed, {"by": "one"})
        )
        if job is not None:
            job.end("completed", None)
            if told:
                self.release({job.id})

    def _give_up(self, hand: Hand, *, discarded: bool, told: bool) -> None:
        give_up = queue.discard if discarded else queue.fail
        job = self.end(hand, lambda conn: give_up(conn, hand.claimed, "fell over"))
        if job is not None:
            job.end("cancelled" if discarded else "failed", "fell over")
            if told:
                self.cancel_dependents(job.id)

    def _put_back(self, hand: Hand, *, after: int | None = None, counts: bool = False, held: str | None = None) -> None:
        delay = None if after is None else timedelta(minutes=after)
        job = self.end(
            hand, lambda conn: queue.put_back(conn, hand.claimed, "wet", after=delay, counts=counts, held_by=held)
        )
        if job is not None:
            self.model.put_back(job, "wet", after=after, counts=counts, held=held)

    # A person

    def cancel(self, place: int, told: bool) -> None:
        job = self.job(place)
        if job.status in ENDED:
            self.refused(Conflict, lambda conn: queue.cancel(conn, job.id))
            return
        assert self.do(lambda conn: queue.cancel(conn, job.id)) == [job.status == "running"]
        if job.status == "running":
            job.unwanted = True
            return
        job.end("cancelled", "cancelled by a person")
        if told:
            self.cancel_dependents(job.id)

    def retry(self, place: int) -> None:
        badly = [job for job in self.model.jobs.values() if job.status in BADLY]
        if not badly:
            return
        job = badly[-1 - place % len(badly)]
        if not self.model.can_retry(job):
            self.refused(Conflict, lambda conn: queue.retry(conn, job.id))
            return
        assert self.do(lambda conn: queue.retry(conn, job.id)) == [SERVICE]
        self.model.retry(job)

    def pause_or_resume(self, scope: str, stop: bool) -> None:
        if stop:
            self.pause(scope)
        else:
            self.resume(scope)

    # Workers

    def die(self, place: int, noticed: bool, heir: str | None, wakes: str | None) -> None:
        """Or only freeze: it still has its jobs in its hands, also when another has taken them over, and may go on."""
        hand = self.take_hand(place)
        if hand is None:
            return
        self.hands.append(hand)
        self.bury(hand.name)
        if noticed:
            self.rescue(told=True)
        if heir is not None:
            self.check()
            self.take_over(heir)
        if wakes is not None:
            self.end_late(0, wakes)

    def notice_deaths(self, told: bool) -> None:
        self.rescue(told=told)

    def start_anew(self, name: str, leaves: bool) -> None:
        """Under the old name; with or without a clean end before."""
        worker = self.desk(name)
        if leaves:
            self.do(lambda conn: queue.unregister(conn, worker))
            self.model.alive.discard(worker)
            self.model.rescue()
        self.hire(name)

    def lose_a_claim(self, name: str) -> None:
        """The answer to a claim never came: the worker holds jobs by the table only, and takes them back."""
        worker = self.desk(name)
        self.hands = [hand for hand in self.hands if hand.worker != worker]
        (held,) = self.do(lambda conn: queue.held(conn, worker))
        running = [job for job in self.model.jobs.values() if job.status == "running" and job.worker == worker]
        assert held == {job.id: job.unwanted for job in running}
        self.do(lambda conn: queue.take_back(conn, worker, sorted(held)))
        self.model.take_back(worker, held)

    # Time and upkeep

    def wait(self, minutes: int, promoted: bool) -> None:
        self.step(minutes)
        if promoted:
            self.promote()

    def upkeep(self, what: str) -> None:
        match what:
            case "reconcile":
                self.reconcile()
            case "release again":
                self.release({job.id for job in self.model.jobs.values() if job.status == "completed"})
            case _:
                self.do(queue.unhold)
                self.model.unhold()
