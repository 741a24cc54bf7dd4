"""The outbox: what a use case wants published is committed together with its effect, and sent by the relay."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from google.protobuf.message import Message as Payload
from opentelemetry import trace
from sqlalchemy import text

from kit.clock import Clock
from kit.database.engine import Transaction
from kit.database.notify import notify
from kit.errors import InvalidInput
from kit.events import envelope
from kit.events.outcome import Outcome
from kit.events.topics import MAX_MESSAGE_BYTES, Kind, Topic
from kit.identity.caller import Caller
from kit.telemetry.tracing import current_traceparent

_tracer = trace.get_tracer("kit.events")

# Kafka counts the envelope too, and a dead letter's says a little more.
MAX_PAYLOAD_BYTES = MAX_MESSAGE_BYTES - 64 * 1024


@dataclass(frozen=True, slots=True)
class Acting:
    """On whose behalf something is done: goes into the event's attributes."""

    actor: str = ""
    organisation: str = ""
    country: str = ""
    purpose: str = ""
    permit: str = ""

    @classmethod
    def by(cls, caller: Caller, purpose: str = "", permit: str = "") -> Acting:
        return cls(caller.actor, caller.organisation, caller.country, purpose, permit)

    def attributes(self) -> dict[str, str]:
        return {name: getattr(self, name) for name in self.__slots__}


NOBODY = Acting()

_ADD = text(
    """INSERT INTO outbox (event_id, topic, key, headers, value, producer, number)
       SELECT event_id, topic, key, headers, value, producer, number
       FROM unnest(CAST(:event_ids AS uuid[]), CAST(:topics AS text[]), CAST(:keys AS text[]),
                   CAST(:headers AS jsonb[]), CAST(:values AS bytea[]), CAST(:producers AS text[]),
                   CAST(:numbers AS bigint[]))
            WITH ORDINALITY AS g(event_id, topic, key, headers, value, producer, number, place)
       ORDER BY place"""
)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A row to be added. `producer` is set for events, `number` for those that their producer has numbered."""

    event_id: UUID
    topic: str
    key: str
    headers: list[tuple[str, str]]
    value: bytes | None
    producer: str | None = None
    number: int | None = None


def channel(service: str) -> str:
    """The notification channel that wakes a service's relay."""
    return f"outbox_{service}"


async def add_rows(transaction: Transaction, service: str, rows: Sequence[Prepared]) -> None:
    """Adds rows in their order, and wakes the service's relay when they are committed."""
    await transaction.execute(
        _ADD,
        {
            "event_ids": [row.event_id for row in rows],
            "topics": [row.topic for row in rows],
            "keys": [row.key for row in rows],
            "headers": [json.dumps(row.headers) for row in rows],
            "values": [row.value for row in rows],
            "producers": [row.producer for row in rows],
            "numbers": [row.number for row in rows],
        },
    )
    await notify(transaction, channel(service))


class Outbox:
    """Adds messages to a service's outbox. The first order of a key's messages is the order in which they were added,
    given that the caller holds a lock on the resource that the key names.

    Raises InvalidInput for a payload that Kafka would turn away: it could never be sent, nor what comes after it."""

    def __init__(self, service: str, clock: Clock) -> None:
        self.service = service
        self._clock = clock

    async def add_event(
        self,
        transaction: Transaction,
        topic: Topic,
        key: str,
        payload: Payload,
        acting: Acting,
        *,
        producer: str | None = None,
        number: int | None = None,
        event_id: UUID | None = None,
        outcome: Outcome = Outcome.DONE,
    ) -> UUID:
        """Adds something that happened, and returns its event id. Its number is given by the relay,
        unless its producer has numbered it already (a node's own events)."""
        assert topic.kind is Kind.EVENTS, topic  # noqa: S101 - a mistake of ours, not of a caller
        return await self._insert(
            transaction, topic, key, payload, acting, producer or self.service, number, event_id or uuid4(), outcome
        )

    async def add(
        self,
        transaction: Transaction,
        topic: Topic,
        key: str,
        payload: Payload | None,
        acting: Acting = NOBODY,
    ) -> UUID:
        """Adds a state, a task, a result or, with no payload, a tombstone."""
        assert topic.kind is not Kind.EVENTS, topic  # noqa: S101
        return await self._insert(transaction, topic, key, payload, acting, None, None, uuid4())

    def prepared(self, topic: Topic, key: str, payload: Payload | None, acting: Acting = NOBODY) -> Prepared:
        """What `add` would add, with the trace context of now, for `add_all`."""
        assert topic.kind is not Kind.EVENTS, topic  # noqa: S101
        return self._prepared(topic, key, payload, acting, None, None, uuid4())

    def prepared_event(
        self,
        topic: Topic,
        key: str,
        payload: Payload,
        acting: Acting = NOBODY,
        outcome: Outcome = Outcome.DONE,
    ) -> Prepared:
        """What `add_event` would add, with the trace context of now, for `add_all`."""
        assert topic.kind is Kind.EVENTS, topic  # noqa: S101
        return self._prepared(topic, key, payload, acting, self.service, None, uuid4(), outcome)

    async def add_all(self, transaction: Transaction, many: Sequence[Prepared]) -> None:
        """Adds many at once, in their order."""
        if many:
            await add_rows(transaction, self.service, many)

    async def _insert(
        self,
        transaction: Transaction,
        topic: Topic,
        key: str,
        payload: Payload | None,
        acting: Acting,
        producer: str | None,
        number: int | None,
        event_id: UUID,
        outcome: Outcome = Outcome.DONE,
    ) -> UUID:
        row = self._prepared(topic, key, payload, acting, producer, number, event_id, outcome)
        await self.add_all(transaction, [row])
        return event_id

    def _prepared(
        self,
        topic: Topic,
        key: str,
        payload: Payload | None,
        acting: Acting,
        producer: str | None,
        number: int | None,
        event_id: UUID,
        outcome: Outcome = Outcome.DONE,
    ) -> Prepared:
        value = None if payload is None else payload.SerializeToString(deterministic=True)
        if value is not None and len(value) > MAX_PAYLOAD_BYTES:
            raise InvalidInput.of(key, f"takes {len(value):,} bytes; a message may have {MAX_PAYLOAD_BYTES:,}")
        attributes = {"messaging.system": "kafka", "messaging.destination.name": topic.name}
        with _tracer.start_as_current_span(f"create {topic.name}", kind=trace.SpanKind.PRODUCER, attributes=attributes):
            headers = envelope.headers(
                event_id=event_id,
                type_=payload.DESCRIPTOR.full_name if payload is not None else "tombstone",
                producer=producer or self.service,
                key=key,
                time=self._clock.now(),
                traceparent=current_traceparent(),
                acting=acting.attributes(),
                outcome=outcome,
            )
        return Prepared(event_id, topic.name, key, headers, value, producer, number)
