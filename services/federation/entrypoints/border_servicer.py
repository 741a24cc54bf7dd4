"""BorderService: the stream of a node, from its Hello to its end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import grpc

from federation.application.border import Acknowledge, Deliver, Finish, LogTaken, Outgoing, Stream, Streams
from federation.application.enrolment import Enrolment
from federation.application.node_event import SentEvent
from federation.application.node_events import SentEvents, TakeNodeEvents
from federation.application.ports import GivenResult, Spans
from federation.application.results import Arrived, ResultTaker
from federation.application.sessions import Hello, Opened, SessionKeeper
from federation.domain.ledger import LedgerMark
from federation.domain.node_log import LogId, LogMark, is_log_id
from federation.domain.session import Ending
from federation.domain.task import TaskId
from federation.entrypoints.certificates import presented
from kit.clock import Clock
from kit.errors import InvalidInput
from kit.events.node_log import MAX_EVENTS
from kit.rpc.interceptor import Authenticator, ServicerContext
from kit.rpc.server import RpcServer, Service
from kit.telemetry.log import logger
from oncordia.border.v1 import (
    border_service_pb2,
    border_service_pb2_grpc,
    hub_message_pb2,
    node_log_pb2,
    node_message_pb2,
    task_pb2,
)

_log = logger(__name__)

# A heartbeat may be late; three that are missing mean that nobody is there.
SILENCE = 3
MAX_TEXT = 200
MAX_REPLACED = 1000
MAX_MESSAGE_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Rules:
    """What a session's Welcome says."""

    heartbeat_seconds: int
    policy: hub_message_pb2.StricterPolicy


class BorderServicer(border_service_pb2_grpc.BorderServiceServicer):
    """Translates between messages of the stream and the use cases."""

    def __init__(
        self,
        keeper: SessionKeeper,
        streams: Streams,
        taker: ResultTaker,
        node_events: TakeNodeEvents,
        enrolment: Enrolment,
        spans: Spans,
        clock: Clock,
        rules: Rules,
    ) -> None:
        self._keeper = keeper
        self._streams = streams
        self._taker = taker
        self._node_events = node_events
        self._enrolment = enrolment
        self._spans = spans
        self._clock = clock
        self._rules = rules
        self._closings: set[asyncio.Task[None]] = set()

    async def Connect(
        self, messages: AsyncIterator[node_message_pb2.NodeMessage], context: ServicerContext
    ) -> AsyncIterator[hub_message_pb2.HubMessage]:
        """The stream. Raises InvalidInput for a message that doesn't fit."""
        provider, serial, expire_time = presented(context)
        hello = _hello(await anext(messages, None))
        opened = await self._keeper.open(
            Hello(
                provider,
                serial,
                hello.instance_id,
                hello.node_version[:MAX_TEXT],
                hello.epoch[:MAX_TEXT],
                hello.disabled,
                _ledger(hello),
                _log_mark(hello),
            )
        )
        if isinstance(opened, Ending):
            yield _goodbye(opened)
            return
        stream = Stream(opened.session, opened.provider)
        reading = asyncio.create_task(self._read(stream, messages))
        expiring = asyncio.create_task(self._expire(stream, expire_time))
        try:
            yield self._welcome(opened)
            self._streams.add(stream)
            async for message in _written(stream, reading):
                yield message
        finally:
            expiring.cancel()
            reading.cancel()
            self._streams.remove(stream)
            # In a task of its own: this one may be cancelled, and the end must be told all the same.
            closing = asyncio.create_task(self._close(stream))
            self._closings.add(closing)
            closing.add_done_callback(self._closings.discard)

    async def RenewCertificate(
        self, request: border_service_pb2.RenewCertificateRequest, context: ServicerContext
    ) -> border_service_pb2.RenewCertificateResponse:
        provider, _, _ = presented(context)
        enrolled = await self._enrolment.renew(provider, request.certificate_request)
        response = border_service_pb2.RenewCertificateResponse(certificate=enrolled.issued.der)
        response.expire_time.FromDatetime(enrolled.issued.certificate.expire_time)
        return response

    async def closed(self) -> None:
        """Waits until all ended sessions are told."""
        await asyncio.gather(*self._closings, return_exceptions=True)

    def _welcome(self, opened: Opened) -> hub_message_pb2.HubMessage:
        welcome = hub_message_pb2.Welcome(
            session=opened.session.number,
            heartbeat_seconds=self._rules.heartbeat_seconds,
            policy=self._rules.policy,
            organisation=opened.provider.organisation,
        )
        if opened.ledger is not None:
            welcome.ledger.ledger, welcome.ledger.charges = opened.ledger.ledger, opened.ledger.charges
        if opened.log is not None:
            welcome.log.log, welcome.log.entries = opened.log.id, opened.log.entries
            welcome.log.root = opened.log.frontier.root()
        return hub_message_pb2.HubMessage(welcome=welcome)

    async def _read(self, stream: Stream, messages: AsyncIterator[node_message_pb2.NodeMessage]) -> None:
        """Takes the node's messages until it is silent or gone."""
        told: tuple[str, LedgerMark | None, LogMark | None] = (stream.provider.epoch, None, None)
        while True:
            try:
                async with asyncio.timeout(self._rules.heartbeat_seconds * SILENCE):
                    message = await anext(messages, None)
            except TimeoutError:
                stream.finish(Ending.SILENT)
                return
            if message is None:
                return
            match message.WhichOneof("message"):
                case "result":
                    await self._taker.put(Arrived(stream, _given(stream, message)))
                case "events":
                    await self._node_events.put(_events(stream, message.events))
                case "spans":
                    self._spans.put(stream.provider, message.spans.spans)
                case "heartbeat":
                    beat = message.heartbeat
                    epoch, ledger, log = beat.epoch[:MAX_TEXT], _ledger(beat), _log_mark(beat)
                    if (epoch, ledger, log) != told:
                        told = (epoch, ledger, log)
                        await self._keeper.told(stream.session, epoch=epoch, ledger=ledger, log=log)
                case "availability":
                    available, draining = message.availability.available, message.availability.draining
                    stream.draining = stream.draining or draining or not available
                    await self._keeper.told(stream.session, available=available, draining=draining)
                case "hello":
                    raise InvalidInput.of("hello", "was sent already")
                case _:
                    # A newer node may say more than this hub understands.
                    continue

    async def _expire(self, stream: Stream, expire_time: datetime) -> None:
        await asyncio.sleep((expire_time - self._clock.now()).total_seconds())
        stream.finish(Ending.EXPIRED)

    async def _close(self, stream: Stream) -> None:
        try:
            await self._streams.mark_delivered(stream)
            reason = stream.ending.name if stream.ending else "the connection ended"
            await self._keeper.ended(stream.session, reason)
        except Exception as error:
            # The lease runs out by itself.
            _log.warning("a session's end can't be told now", error=type(error).__name__)


async def _written(stream: Stream, reading: asyncio.Task[None]) -> AsyncIterator[hub_message_pb2.HubMessage]:
    """What is to be written, until the stream is finished by the hub or ended by the node."""
    reading.add_done_callback(lambda _ended: stream.outgoing.put_nowait(None))
    while (outgoing := await stream.outgoing.get()) is not None:
        yield _message(outgoing)
        if isinstance(outgoing, Finish):
            return
    # Its error, if the node sent what it must not.
    reading.result()


def _message(outgoing: Outgoing) -> hub_message_pb2.HubMessage:
    match outgoing:
        case Deliver(task, traceparent):
            message = task_pb2.Task.FromString(task.body)
            message.traceparent = traceparent
            return hub_message_pb2.HubMessage(task=message)
        case Acknowledge(tasks):
            return hub_message_pb2.HubMessage(
                result_ack=hub_message_pb2.ResultAck(task_ids=[str(task) for task in tasks])
            )
        case LogTaken(log, entries):
            return hub_message_pb2.HubMessage(events_ack=node_log_pb2.NodeEventsAck(log=log, entries=entries))
        case Finish(ending):
            return _goodbye(ending)


def _goodbye(ending: Ending) -> hub_message_pb2.HubMessage:
    return hub_message_pb2.HubMessage(
        goodbye=hub_message_pb2.Goodbye(reason=ending.name, message=ending.value, reconnect=ending.reconnect)
    )


def _hello(message: node_message_pb2.NodeMessage | None) -> node_message_pb2.Hello:
    if message is None or message.WhichOneof("message") != "hello":
        raise InvalidInput.of("hello", "must be the first message")
    if not 8 <= len(message.hello.instance_id) <= MAX_TEXT:
        raise InvalidInput.of("hello.instance_id", f"must have 8 to {MAX_TEXT} characters")
    return message.hello


def _ledger(told: node_message_pb2.Hello | node_message_pb2.Heartbeat) -> LedgerMark | None:
    if not told.HasField("ledger"):
        return None
    mark = told.ledger
    if not 0 < len(mark.ledger) <= MAX_TEXT or mark.charges < 0 or len(mark.replaces) > MAX_REPLACED:
        raise InvalidInput.of("ledger", f"needs a name of at most {MAX_TEXT} characters and a number of charges")
    return LedgerMark(mark.ledger, mark.charges, frozenset(mark.replaces))


def _log_mark(told: node_message_pb2.Hello | node_message_pb2.Heartbeat) -> LogMark | None:
    if not told.HasField("log"):
        return None
    if told.log.entries < 0:
        raise InvalidInput.of("log.entries", "must not be negative")
    return LogMark(_log_id(told.log.log, "log.log"), told.log.entries)


def _log_id(text: str, field: str) -> LogId:
    if not is_log_id(text):
        raise InvalidInput.of(field, "must have 32 hexadecimal digits in lower case")
    return LogId(text)


def _events(stream: Stream, sent: node_log_pb2.NodeEvents) -> SentEvents:
    if not 1 <= len(sent.events) <= MAX_EVENTS:
        raise InvalidInput.of("events.events", f"must be 1 to {MAX_EVENTS}")
    if sent.first_number < 1:
        raise InvalidInput.of("events.first_number", "must be at least 1")
    events = [SentEvent(one.body, one.salt, one.leaf) for one in sent.events]
    return SentEvents(stream, _log_id(sent.log, "events.log"), sent.first_number, events)


def _given(stream: Stream, message: node_message_pb2.NodeMessage) -> GivenResult:
    result = message.result
    try:
        task = TaskId(UUID(result.task_id))
    except ValueError:
        raise InvalidInput.of("result.task_id", "must be a UUID") from None
    if result.WhichOneof("outcome") is None:
        raise InvalidInput.of("result.outcome", "must be set")
    session = stream.session
    return GivenResult(task, session.provider, session.instance, result.traceparent, result.SerializeToString())


class BorderServer(RpcServer):
    """The listener, which sends its nodes to another replica before it drains."""

    def __init__(
        self,
        address: str,
        services: Sequence[Service],
        authenticator: Authenticator,
        credentials: grpc.ServerCredentials,
        streams: Streams,
        servicer: BorderServicer,
    ) -> None:
        super().__init__(
            address,
            services,
            authenticator,
            credentials=credentials,
            options=[("grpc.max_receive_message_length", MAX_MESSAGE_BYTES)],
        )
        self._streams = streams
        self._servicer = servicer

    async def drain(self, seconds: float) -> None:
        self._streams.finish_all(Ending.DRAINING)
        await super().drain(seconds)
        await self._servicer.closed()
