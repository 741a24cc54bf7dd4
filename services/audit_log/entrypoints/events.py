"""Events from Kafka, as the log takes them."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from audit_log import metrics
from audit_log.application.append_events import AppendEvents
from audit_log.domain.entry import Attributes, Event
from kit.database.engine import Transaction
from kit.events.consumer import consumer_span
from kit.events.envelope import MalformedMessage, Message
from kit.events.loggable import loggable_number
from kit.events.node_log import SALT_HEADER, salt_of
from kit.telemetry.tracing import trace_id_of
from tlog.body import EventBody, Header
from tlog.errors import FormatError

# Beyond that the log is catching up: a span for each message would cost more than the message, and be dropped.
_MOST_SPANS = 100


@dataclass(frozen=True, slots=True)
class EventsConsumer:
    """Appends whole batches. Raises MalformedMessage or InvalidInput for what can't be logged."""

    append: AppendEvents

    async def __call__(self, transaction: Transaction, messages: Sequence[Message]) -> None:
        with ExitStack() as spans:
            if len(messages) <= _MOST_SPANS:
                for message in messages:
                    spans.enter_context(consumer_span(message))
            appended = await self.append(transaction, [event_of(message) for message in messages])
        metrics.REPEATED.inc(len(messages) - appended)


def event_of(message: Message) -> Event:
    """The event in a message. Raises MalformedMessage for one that the log can't hold."""
    number = loggable_number(message)
    attributes = Attributes(
        event_id=message.event_id,
        type=message.type,
        producer=message.producer,
        number=number,
        time=message.time,
        actor=message.actor,
        organisation=message.organisation,
        country=message.country,
        purpose=message.purpose,
        permit=message.permit,
        outcome=message.outcome,
        resource=message.key,
        trace_id=trace_id_of(message.traceparent) if message.traceparent else "",
    )
    try:
        body = EventBody(
            topic=message.topic,
            key=message.key.encode(),
            headers=tuple(Header(name, content) for name, content in message.headers if name != SALT_HEADER),
            value=message.value,
        ).encode()
        salts = [salt_of(content.decode()) for name, content in message.headers if name == SALT_HEADER]
    except FormatError as error:
        raise MalformedMessage(str(error)) from None
    return Event(attributes, body, salts[0] if salts else None)
