"""Erasing what a service holds of a subject, when the audit log tells it to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from kit.database.engine import Transaction
from kit.events import topics
from kit.events.envelope import Message
from kit.events.outbox import NOBODY, Outbox
from oncordia.events.v1 import access_pb2, audit_pb2

HOLDERS: Final = ("audit_log", "catalogue", "model_registry", "query_broker")
"""The services that have a subject in a table of theirs, each of which confirms every erasure."""

Erase = Callable[[Transaction, str], Awaitable[int]]
"""Deletes what is held of a subject, or detaches it from them. How many records; none if it is done again."""


@dataclass(frozen=True, slots=True)
class EraseSubjects:
    """Takes the messages of topics.ERASURE. What is erased and its confirmation are committed together."""

    outbox: Outbox
    erase: Erase

    async def __call__(self, transaction: Transaction, message: Message) -> None:
        asked = access_pb2.EraseSubject.FromString(message.value or b"")
        records = await self.erase(transaction, asked.subject)
        service = self.outbox.service
        done = audit_pb2.SubjectErased(erasure=asked.erasure, service=service, records=records)
        await self.outbox.add_event(transaction, topics.events(topics.family_of(service)), asked.erasure, done, NOBODY)
