"""The one way out. Every request of the house goes through this door, and no other module knows how that is done."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from contextlib import AbstractAsyncContextManager, nullcontext
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

import httpx
import msgspec
import stamina
import structlog

from metarr.errors import ImageRefused, ProviderError, ProviderRateLimited, ProviderUnavailable
from metarr.http.addresses import endpoint, endpoints
from metarr.http.answers import AnswerStore
from metarr.http.breaker import Breaker, ProviderResting
from metarr.http.budget import PERSON_WAITS, Budget, Pause
from metarr.http.call import Call
from metarr.http.guard import GuardedBackend, GuardedTransport, Resolve, resolve
from metarr.http.sending import CONNECT_SECONDS, Limits, Refusal, read_whole, refuse, send
from metarr.http.transfer import Marks, Transfer, Unchanged, question_of

FRESH_FOR = timedelta(days=7)
DEFAULT_PER_SECOND = 5.0
ATTEMPTS = 3

JSON_LIMITS = Limits(seconds=20.0, max_bytes=16_000_000)
IMAGE_SECONDS = 30.0
IMAGE_BYTES = 50_000_000
IMAGES_OF_A_HOST = 4
IMAGES = 10
"""Transfers at the same time, from one host and in all: a slow host holds up nobody but those who want something from it."""
_MARKS_KEPT = timedelta(days=365)

PATIENCE_SECONDS = 30.0
PATIENCE_FOR_PEOPLE_SECONDS = 10.0
"""A pause that a provider asked for is waited out here when it is no longer than this; otherwise the job comes back later."""

log = structlog.get_logger("metarr.http")

type Waits = Callable[[str], AbstractAsyncContextManager[None]]
"""Hears what a call waits for, for as long as the block lasts: `tmdb's budget`."""


def unsaid(_what: str) -> AbstractAsyncContextManager[None]:
    """Nobody wants to hear it."""
    return nullcontext()


class Ticker(Protocol):
    """The part of a clock that the door needs."""

    def monotonic(self) -> float: ...

    async def sleep(self, seconds: float) -> None: ...


class _Origin:
    """What the door remembers of one provider."""

    def __init__(self, provider: str, budget: Budget | None) -> None:
        self.provider = provider
        self.budget = budget
        self.breaker = Breaker(provider)
        self.pause = Pause()
        self.images = asyncio.Semaphore(IMAGES_OF_A_HOST)


class HttpDoor:
    """Asks providers and fetches images. Use it as an async context manager.

    `configured` are the addresses that the person set; only those may lie in a private network.
    """

    def __init__(
        self,
        *,
        data_dir: str,
        user_agent: str,
        clock: Ticker,
        configured: Iterable[str] = (),
        json_limits: Limits = JSON_LIMITS,
        look_up: Resolve = resolve,
    ) -> None:
        self._clock = clock
        self._json_limits = json_limits
        self._origins: dict[str, _Origin] = {}
        self._images = asyncio.Semaphore(IMAGES)
        self._answers = AnswerStore(Path(data_dir) / "cache" / "answers")
        self._client = httpx.AsyncClient(
            transport=GuardedTransport(GuardedBackend(endpoints(configured), look_up)),
            headers={"user-agent": user_agent},
            timeout=httpx.Timeout(json_limits.seconds, connect=CONNECT_SECONDS, pool=PATIENCE_SECONDS),
            trust_env=False,
        )
        # httpx and httpcore would log whole addresses, and with them keys.
        for name in ("httpx", "httpcore"):
            logging.getLogger(name).setLevel(logging.WARNING)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.aclose()
        await self._answers.close()

    def set_budget(self, provider: str, per_second: float) -> None:
        """Allow so many calls a second; a changed rate counts from now on."""
        origin = self._origin(provider)
        if origin.budget is None or origin.budget.per_second != per_second:
            origin.budget = Budget(per_second)

    async def get_json[T](
        self,
        call: Call,
        answer: type[T],
        *,
        fresh: bool = False,
        fresh_for: timedelta = FRESH_FOR,
        priority: int = 5,
        waits: Waits = unsaid,
    ) -> T | None:
        """What the provider says, or None when it knows no such thing.

        A kept answer is given while it is fresh, unless `fresh` asks for a new one. `priority` is the job's, `waits` hears of it
        when the call has to wait.
        Raises ProviderUnavailable (ProviderResting while its breaker is open), ProviderRateLimited, ProviderRefused.
        """
        if not fresh and (kept := await self._kept(call, answer)) is not None:
            return kept
        origin = self._origin(call.provider)
        origin.budget = origin.budget or Budget(DEFAULT_PER_SECOND)
        return await self._persist(origin, priority, waits, lambda: self._ask(call, answer, fresh_for))

    async def fetch_bytes(
        self, url: str, *, max_bytes: int = IMAGE_BYTES, timeout: float = IMAGE_SECONDS, priority: int = 5
    ) -> bytes | None:
        """The bytes of an image, or None when there is nothing at this address (404).

        Raises AddressRefused (guard), ImageRefused (too large), ProviderUnavailable, ProviderRateLimited, ProviderRefused.
        """
        body = await self._fetch(url, Transfer(), Limits(seconds=timeout, max_bytes=max_bytes), priority)
        assert not isinstance(body, Unchanged)
        return body

    async def fetch_again(self, url: str, content_hash: str, *, priority: int = 5) -> bytes | Unchanged | None:
        """`fetch_bytes` for somebody who has what came from there before, by its SHA-256; UNCHANGED when that is still it."""
        limits = Limits(seconds=IMAGE_SECONDS, max_bytes=IMAGE_BYTES)
        kept = await self._answers.get(question_of(url))
        marks = None if kept is None else _decode(kept, Marks)
        known = marks if marks is not None and marks.content_hash == content_hash else None
        return await self._fetch(url, Transfer(known), limits, priority)

    async def _fetch(self, url: str, transfer: Transfer, limits: Limits, priority: int) -> bytes | Unchanged | None:
        host, _ = endpoint(url)
        origin = self._origin(host)

        async def request() -> bytes | Unchanged | Refusal | None:
            async with origin.images, self._images:
                return await send(self._client, host, url, headers=transfer.headers, limits=limits, read=transfer.read)

        body: bytes | Unchanged | None = await self._persist(origin, priority, unsaid, request)
        if isinstance(body, bytes) and (marks := await asyncio.to_thread(transfer.marks_of, body)) is not None:
            await self._answers.put(question_of(url), marks, fresh_for=_MARKS_KEPT)
        return body

    async def _kept[T](self, call: Call, answer: type[T]) -> T | None:
        body = await self._answers.get(call.question)
        try:
            return None if body is None else _decode(body, answer)
        except msgspec.DecodeError:
            # An earlier version of Metarr wanted something else of it: ask again.
            return None

    async def _ask[T](self, call: Call, answer: type[T], fresh_for: timedelta) -> T | Refusal | None:
        """One request; only an answer that can be read is kept."""
        try:
            body = await send(
                self._client,
                call.provider,
                call.url,
                params=call.params | call.secret_params,
                secret_headers=call.secret_headers,
                limits=self._json_limits,
                read=read_whole,
            )
            if not isinstance(body, bytes):
                return body
            decoded = _decode(body, answer)
        except (ImageRefused, msgspec.DecodeError) as unusable:
            raise ProviderUnavailable(call.provider, "answered with something that cannot be read") from unusable
        await self._answers.put(call.question, body, fresh_for=fresh_for)
        return decoded

    async def _persist[T](
        self, origin: _Origin, priority: int, waits: Waits, request: Callable[[], Awaitable[T | Refusal | None]]
    ) -> T | None:
        """Send, and again after a short wait where that may help."""
        patience = PATIENCE_FOR_PEOPLE_SECONDS if priority <= PERSON_WAITS else PATIENCE_SECONDS
        caller = stamina.AsyncRetryingCaller(attempts=ATTEMPTS, timeout=60.0, wait_initial=0.5, wait_max=5.0)
        return await caller(_may_help(patience), self._attempt, origin, priority, patience, waits, request)

    async def _attempt[T](
        self,
        origin: _Origin,
        priority: int,
        patience: float,
        waits: Waits,
        request: Callable[[], Awaitable[T | Refusal | None]],
    ) -> T | None:
        origin.breaker.check(self._clock.monotonic())
        await self._sit_out(origin, patience, waits)
        await self._spend(origin, priority, waits)
        begun = self._clock.monotonic()
        try:
            reply = await request()
            if isinstance(reply, Refusal):
                raise refuse(origin.provider, reply, origin.pause, self._clock.monotonic())
        except ProviderError as failure:
            self._note(origin, failure, begun)
            raise
        self._note(origin, None, begun)
        return reply

    async def _spend(self, origin: _Origin, priority: int, waits: Waits) -> None:
        """Wait for the budget, where there is one."""
        budget = origin.budget
        if budget is None:
            return
        async with unsaid("") if budget.has_room(priority) else waits(f"{origin.provider}'s budget"):
            await budget.spend(priority)

    async def _sit_out(self, origin: _Origin, patience: float, waits: Waits) -> None:
        """Wait for the end of a pause. Raises ProviderRateLimited when that takes longer than `patience` seconds."""
        left = origin.pause.left(self._clock.monotonic())
        if left > patience:
            raise ProviderRateLimited(
                origin.provider, f"asked to wait, {left:.0f} s are left", after=timedelta(seconds=left)
            )
        if left > 0:
            async with waits(f"{origin.provider}, which asked for a pause"):
                await self._clock.sleep(left)

    def _note(self, origin: _Origin, failure: ProviderError | None, begun: float) -> None:
        """Tell the breaker and the pause how it went. A refusal is an answer: the provider is well."""
        now = self._clock.monotonic()
        log.debug(
            "asked",
            provider=origin.provider,
            milliseconds=round((now - begun) * 1000),
            failure=failure and str(failure),
        )
        if isinstance(failure, ProviderRateLimited):
            return
        if isinstance(failure, ProviderUnavailable):
            origin.breaker.failed(now)
        else:
            origin.breaker.succeeded()
            origin.pause.end()

    def _origin(self, provider: str) -> _Origin:
        return self._origins.setdefault(provider, _Origin(provider, None))


def _may_help(patience: float) -> Callable[[Exception], bool | float]:
    """Whether to try again, and after how many seconds where that is known."""

    def decide(failure: Exception) -> bool | float:
        if isinstance(failure, ProviderRateLimited):
            # The pause itself is sat out before the next attempt.
            return 0.0 if failure.after.total_seconds() <= patience else False
        return isinstance(failure, ProviderUnavailable) and not isinstance(failure, ProviderResting)

    return decide


def _decode[T](body: bytes, answer: type[T]) -> T:
    """Providers send numbers as texts and null for what is missing here and there. Raises msgspec.DecodeError."""
    try:
        return msgspec.json.decode(body, type=answer, strict=False)
    except msgspec.ValidationError:
        return msgspec.convert(_without_nulls(msgspec.json.decode(body)), type=answer, strict=False)


def _without_nulls(said: object) -> object:
    """The same without what is null: a hole in an answer is no reason to lose the rest of it."""
    if isinstance(said, dict):
        return {name: _without_nulls(value) for name, value in said.items() if value is not None}
    if isinstance(said, list):
        return [_without_nulls(value) for value in said if value is not None]
    return said
