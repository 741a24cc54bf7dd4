"""The log's own events: what was read of it, and what was said in it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from audit_log.domain.entry import Entry
from audit_log.domain.erasure import Erasure, ErasureId, erasure_name
from audit_log.domain.retention import Round, Total
from audit_log.domain.statement import Statement
from kit.database.engine import Transaction
from kit.events import topics
from kit.events.outbox import NOBODY, Acting, Outbox
from kit.identity.caller import Caller
from oncordia.events.v1 import access_pb2, audit_pb2

_GET_ENTRY = "/oncordia.audit.v1.AuditLogService/GetEntry"


@dataclass(frozen=True, slots=True)
class Record:
    """Adds events to the outbox; they come back to the log through Kafka, like everybody's."""

    outbox: Outbox

    async def body_read(self, transaction: Transaction, caller: Caller, entry: Entry) -> None:
        read = audit_pb2.LogRead(method=_GET_ENTRY, entries=1)
        await self.outbox.add_event(transaction, topics.events("audit"), entry.name, read, Acting.by(caller))

    async def actor_resolved(self, transaction: Transaction, caller: Caller, actor: str, found: bool) -> None:
        resolved = audit_pb2.ActorResolved(actor=actor, found=found)
        key = f"actors/{actor}"
        await self.outbox.add_event(transaction, topics.events("audit"), key, resolved, Acting.by(caller))

    async def appended(self, transaction: Transaction, caller: Caller, statement: Statement, event_id: UUID) -> None:
        appended = audit_pb2.StatementAppended(
            kind=statement.kind, resource=statement.resource, statement=statement.statement
        )
        await self.outbox.add_event(
            transaction,
            topics.events("audit"),
            statement.resource,
            appended,
            Acting.by(caller),
            event_id=event_id,
        )

    async def bodies_expired(self, transaction: Transaction, done: Round, total: Total) -> None:
        expired = audit_pb2.BodiesExpired(
            kind=done.kind, bodies=total.bodies, first_index=total.lowest, last_index=total.highest
        )
        expired.logged_before.FromDatetime(done.logged_before)
        await self.outbox.add_event(transaction, topics.events("audit"), f"retentions/{done.kind}", expired, NOBODY)

    async def erasure_requested(self, transaction: Transaction, caller: Caller, erasure: Erasure | None) -> None:
        """None: of somebody whom nobody knows."""
        requested = audit_pb2.ErasureRequested(erasure=erasure.name if erasure else "")
        if erasure is not None and erasure.restricted_until is not None:
            requested.restricted_until.FromDatetime(erasure.restricted_until)
        key = erasure.name if erasure else "erasures/unknown"
        await self.outbox.add_event(transaction, topics.events("audit"), key, requested, Acting.by(caller))

    async def erasure_carried_out(self, transaction: Transaction, erasure: ErasureId) -> None:
        name = erasure_name(erasure)
        carried_out = audit_pb2.ErasureCarriedOut(erasure=name)
        await self.outbox.add_event(transaction, topics.events("audit"), name, carried_out, NOBODY)

    async def erase_subject(self, transaction: Transaction, erasure: ErasureId, subject: str) -> None:
        """Tells the services; the one message that has the subject, and no event."""
        name = erasure_name(erasure)
        await self.outbox.add(transaction, topics.ERASURE, name, access_pb2.EraseSubject(erasure=name, subject=subject))

    async def actor_year_ended(self, transaction: Transaction, year: int, handles: int, people: int) -> None:
        ended = audit_pb2.ActorYearEnded(year=year, handles=handles, people=people)
        await self.outbox.add_event(transaction, topics.events("audit"), f"actorKeys/{year}", ended, NOBODY)

    async def actor_key_destroyed(self, transaction: Transaction, caller: Caller, year: int) -> UUID:
        destroyed = audit_pb2.ActorKeyDestroyed(year=year)
        key = f"actorKeys/{year}"
        return await self.outbox.add_event(transaction, topics.events("audit"), key, destroyed, Acting.by(caller))
