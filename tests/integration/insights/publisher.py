"""Writes what the other services write: events and states, in transactions like their relays."""

import secrets
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID, uuid4

from aiokafka import AIOKafkaProducer
from google.protobuf.message import Message as Payload

from kit.events import envelope
from kit.events.kafka import transactional_producer
from kit.events.topics import Topic
from kit.settings import KafkaSettings


@dataclass(frozen=True)
class Draft:
    """A message to publish. `payload` None is a tombstone; bytes are sent as they are."""

    topic: Topic
    key: str
    payload: Payload | bytes | None
    country: str = ""
    event_id: UUID = field(default_factory=uuid4)


class Publisher:
    def __init__(self, producer: AIOKafkaProducer) -> None:
        self._producer = producer

    @classmethod
    @asynccontextmanager
    async def started(cls, settings: KafkaSettings) -> AsyncIterator["Publisher"]:
        producer = transactional_producer(settings, f"test-{secrets.token_hex(8)}")
        await producer.start()
        try:
            yield cls(producer)
        finally:
            await producer.stop()

    async def publish(self, drafts: Iterable[Draft]) -> None:
        """In one transaction that commits."""
        async with self._producer.transaction():
            await self._send(drafts)

    async def publish_and_abort(self, drafts: Iterable[Draft]) -> None:
        """In one transaction that is aborted: nobody may ever see these."""
        await self._producer.begin_transaction()
        await self._send(drafts)
        await self._producer.flush()
        await self._producer.abort_transaction()

    async def _send(self, drafts: Iterable[Draft]) -> None:
        for draft in drafts:
            payload = draft.payload
            headers = envelope.headers(
                event_id=draft.event_id,
                type_=payload.DESCRIPTOR.full_name if isinstance(payload, Payload) else "tombstone",
                producer="test",
                key=draft.key,
                time=datetime.now(UTC),
                traceparent="",
                acting={"country": draft.country},
            )
            await self._producer.send(
                draft.topic.name,
                key=draft.key.encode(),
                value=payload.SerializeToString() if isinstance(payload, Payload) else payload,
                headers=[(name, content.encode()) for name, content in headers],
            )
