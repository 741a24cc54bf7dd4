"""Appends a statement of the caller: an event like any other, which comes to the log through Kafka."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID, uuid4

from audit_log.application.ports import Statements
from audit_log.application.record import Record
from audit_log.domain.statement import Statement
from kit.clock import Clock
from kit.database.engine import Database
from kit.errors import InvalidInput
from kit.identity.caller import Caller


@dataclass(frozen=True, slots=True)
class AppendStatement:
    """Returns the event's id; the same for a repeated request. Raises InvalidInput if the request id was used."""

    database: Database
    statements: Statements
    record: Record
    clock: Clock

    async def __call__(self, caller: Caller, request_id: UUID, statement: Statement) -> UUID:
        drawn = uuid4()
        digest = statement.digest()
        async with self.database.transaction() as transaction:
            event_id, first = await self.statements.claim(
                transaction, caller.subject, request_id, drawn, digest, self.clock.now()
            )
            if first != digest:
                raise InvalidInput.of("request_id", "was used for another statement; draw a new one", "REQUEST_ID_USED")
            if event_id == drawn:
                await self.record.appended(transaction, caller, statement, event_id)
            return event_id
