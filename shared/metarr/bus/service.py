"""What services say over NATS: doorbells, facts, questions, control, progress."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
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
from nats.js.errors import BadRequestError
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
_ANSWER_SECONDS = 3.0
_HEADER_BYTES = 12
"""What the headers of a message take beside themselves."""
_FETCH_WAIT = 5.0

log = structlog.get_logger("metarr.bus")


type Message = tuple[str, bytes, str, str | None]
"""A fact to be stored: subject, data, message id, trace id."""


class Published(Struct, frozen=True, kw_only=True):
    """What became of some facts, by message id: `taken` are in the stream, `refused` never will be, and why. The rest may be tried
    again."""

    taken: frozenset[str]
    refused: Mapping[str, str]


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

    async def publish_facts(self, messages: Sequence[Message]) -> Published:
        """Store facts in the stream; one that it does not take leaves the others alone. A second try is harmless within the
        duplicate window.

        Raises BusUnavailable when the stream does not answer.
        """
        context = await self.stream()
        refused = {message[2]: too_large for message in messages if (too_large := self._too_large(message))}
        wanted = {message[2]: message for message in messages if message[2] not in refused}
        taken = await self._send_ahead(context, wanted.values())
        for name in [name for name in wanted if name not in taken]:
            try:
                await _send_alone(context, wanted[name])
            except BadRequestError as bad:
                refused[name] = bad.description or "the stream calls it a bad request"
            except LOST as lost:
                log.debug("facts were not taken", message_id=name, reason=str(lost))
                self._forget_stream()
                break
            else:
                taken.add(name)
        return Published(taken=frozenset(taken), refused=refused)

    async def _send_ahead(self, context: JetStreamContext, messages: Collection[Message]) -> set[str]:
        """Send all before the first is answered; the ids of those that were taken. nats-py loses a refusal that comes to such a
        message: whoever gets no answer must be sent again alone."""
        try:
            sent = {
                message_id: await context.publish_async(
                    subject, data, headers=_headers(message_id, trace), wait_stall=5
                )
                for subject, data, message_id, trace in messages
            }
        except LOST as lost:
            self._forget_stream()
            raise BusUnavailable(f"the event stream did not take a fact: {lost}") from lost
        if sent:
            _, late = await asyncio.wait(sent.values(), timeout=_ANSWER_SECONDS)
            for answer in late:
                answer.cancel()
        return {name for name, answer in sent.items() if not answer.cancelled() and not answer.exception()}

    def _too_large(self, message: Message) -> str | None:
        """Why a server would hang up on this message instead of answering."""
        _, data, message_id, trace_id = message
        size = len(data) + _HEADER_BYTES + sum(len(n) + len(v) + 4 for n, v in _headers(message_id, trace_id).items())
        most = self.client.max_payload
        return f"it has {size} bytes and NATS takes {most} (max_payload)" if size > most else None

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


async def _send_alone(context: JetStreamContext, message: Message) -> None:
    """Raises BadRequestError, which will not pass, and what passes."""
    subject, data, message_id, trace_id = message
    await context.publish(subject, data, headers=_headers(message_id, trace_id))


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
