"""What services say over NATS: doorbells, facts, questions, control, progress."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, cast

import msgspec
import structlog
from msgspec import Struct
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import NoRespondersError
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy
from nats.js.client import JetStreamContext
from nats.micro import add_service
from nats.micro.request import ERROR_HEADER
from nats.micro.request import Request as MicroRequest

from metarr.bus.connection import LOST, Connection
from metarr.errors import BusUnavailable, MetarrError, NoAnswer
from metarr.messages import subjects
from metarr.messages.requests import Request

type Callback = Callable[[str, bytes], Awaitable[None]]
type Answer[R: Request, A: Struct] = Callable[[R], Awaitable[A]]

_FETCH = 100
_FETCH_WAIT = 5.0

log = structlog.get_logger("metarr.bus")


class FactMessage(Struct, frozen=True, kw_only=True):
    """One fact from the stream; `sequence` is its place in it and what Last-Event-ID speaks of."""

    sequence: int
    subject: str
    data: bytes
    trace_id: str | None = None


class Bus(Connection):
    """All that is said between services. Losing NATS never raises here but where the caller needs an answer."""

    async def ring(self, services: Sequence[str]) -> None:
        """ "There is work": to every worker of these services. Without NATS their safety poll finds it."""
        for service in services:
            await self._say(subjects.doorbell(service), b"")

    async def say_progress(self, job_id: int, data: bytes) -> None:
        await self._say(subjects.progress(job_id), data)

    async def command(self, service: str, verb: str, data: bytes = b"") -> None:
        """Control message to every instance of a service."""
        await self._say(subjects.control(service, verb), data)

    async def listen(self, subject: str, callback: Callback) -> None:
        """Call back for every message on `subject`, now or as soon as NATS is there."""

        async def take(message: Msg) -> None:
            await callback(message.subject, message.data)

        async def setup(client: Client) -> None:
            await client.subscribe(subject, cb=take)

        await self.on_connect(setup)

    async def publish_facts(self, messages: Sequence[tuple[str, bytes, str, str | None]]) -> None:
        """Store facts in the stream: (subject, data, message id, trace id). Returns when all are acknowledged.

        Raises BusUnavailable when any is not; a second try is harmless within the duplicate window.
        """
        context = await self.stream()
        try:
            acknowledgements = [
                await context.publish_async(subject, data, headers=_headers(message_id, trace_id), wait_stall=5)
                for subject, data, message_id, trace_id in messages
            ]
            await asyncio.wait_for(asyncio.gather(*acknowledgements), timeout=10)
        except LOST as lost:
            self._forget_stream()
            raise BusUnavailable(f"the event stream did not take a fact: {lost}") from lost

    async def facts(self, after: int | None) -> AsyncIterator[FactMessage]:
        """Facts as they come, from the one behind `after` (a sequence) or from now on. Raises BusUnavailable when NATS goes."""
        context = await self.stream()
        try:
            subscription = await self._consumer(context, after)
            try:
                while True:
                    async for message in _fetch(subscription):
                        yield message
            finally:
                with suppress(*LOST):
                    await subscription.unsubscribe()
        except LOST as lost:
            raise BusUnavailable(f"the event stream is gone: {lost}") from lost

    async def _consumer(self, context: JetStreamContext, after: int | None) -> JetStreamContext.PullSubscription:
        info = await context.stream_info(subjects.EVENT_STREAM)
        start = ConsumerConfig(deliver_policy=DeliverPolicy.NEW)
        # A sequence beyond the end means that the store was replaced: begin with what there is.
        if after is not None:
            first = after + 1 if after <= info.state.last_seq else 1
            start = ConsumerConfig(deliver_policy=DeliverPolicy.BY_START_SEQUENCE, opt_start_seq=max(first, 1))
        start.ack_policy = AckPolicy.NONE
        start.inactive_threshold = 60.0
        return await context.pull_subscribe(subjects.EVENTS, stream=subjects.EVENT_STREAM, config=start)

    async def ask[A: Struct](self, question: Request, answer: type[A], *, timeout: float = 10.0) -> A:
        """Ask the service that answers this kind of question.

        Raises NoAnswer when nobody does in time, MetarrError with the other side's words when it could not.
        """
        try:
            reply = await self.client.request(
                subjects.request(question), msgspec.json.encode(question), timeout=timeout
            )
        except NoRespondersError as nobody:
            raise NoAnswer(f"no {question.service} service is running") from nobody
        except LOST as lost:
            raise NoAnswer(f"the {question.service} service did not answer in {timeout:g} s") from lost
        if reply.headers and ERROR_HEADER in reply.headers:
            raise MetarrError(reply.headers[ERROR_HEADER])
        return msgspec.json.decode(reply.data, type=answer)

    async def serve(
        self, service: str, version: str, answers: Mapping[type[Request], Callable[[Any], Awaitable[Struct]]]
    ) -> None:
        """Show up as a NATS micro service (ping, info, stats) and answer these kinds of question."""

        async def setup(client: Client) -> None:
            micro = await add_service(client, name=f"metarr-{service}", version=version)
            for kind, answer in answers.items():
                await micro.add_endpoint(
                    name=kind.verb, subject=subjects.request(kind), handler=_endpoint(kind, answer)
                )

        await self.on_connect(setup)

    async def _say(self, subject: str, data: bytes) -> None:
        with suppress(BusUnavailable, *LOST):
            await self.client.publish(subject, data)


async def _fetch(subscription: JetStreamContext.PullSubscription) -> AsyncIterator[FactMessage]:
    try:
        messages = await subscription.fetch(_FETCH, timeout=_FETCH_WAIT)
    except TimeoutError:
        return
    for message in messages:
        headers = message.headers or {}
        yield FactMessage(
            sequence=message.metadata.sequence.stream,
            subject=message.subject,
            data=message.data,
            trace_id=headers.get("Metarr-Trace-Id"),
        )


def _headers(message_id: str, trace_id: str | None) -> dict[str, str]:
    headers = {"Nats-Msg-Id": message_id}
    return {**headers, "Metarr-Trace-Id": trace_id} if trace_id else headers


def _endpoint(
    kind: type[Request], answer: Callable[[Any], Awaitable[Struct]]
) -> Callable[[MicroRequest], Awaitable[None]]:
    async def handle(request: MicroRequest) -> None:
        try:
            question = msgspec.json.decode(request.data, type=cast("type[Struct]", kind))
            reply = await answer(question)
        except (MetarrError, msgspec.DecodeError) as wrong:
            await request.respond_error("400", str(wrong))
        except Exception as fault:
            log.exception("a question failed", verb=kind.verb)
            await request.respond_error("500", f"{type(fault).__name__} in the {kind.service} service; see its log")
        else:
            await request.respond(msgspec.json.encode(reply))

    return handle
