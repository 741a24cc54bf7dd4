"""Appended statements by request, in PostgreSQL."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from kit.database.engine import Transaction

# Updates nothing, but gives the row that is there, also if it was committed a moment ago.
_CLAIM = text(
    """INSERT INTO statements (subject, request_id, create_time, event_id, digest)
       VALUES (:subject, :request_id, :now, :event_id, :digest)
       ON CONFLICT (subject, request_id) DO UPDATE SET event_id = statements.event_id
       RETURNING event_id, digest"""
)
_FORGET = text("DELETE FROM statements WHERE create_time < :before")
_FORGET_SUBJECT = text("DELETE FROM statements WHERE subject = :subject")


class PostgresStatements:
    """One row a request."""

    async def claim(
        self, transaction: Transaction, subject: str, request_id: UUID, event_id: UUID, digest: bytes, now: datetime
    ) -> tuple[UUID, bytes]:
        values = {"subject": subject, "request_id": request_id, "event_id": event_id, "digest": digest, "now": now}
        row = (await transaction.execute(_CLAIM, values)).one()
        return row.event_id, row.digest

    async def forget(self, transaction: Transaction, before: datetime) -> None:
        await transaction.execute(_FORGET, {"before": before})

    async def forget_subject(self, transaction: Transaction, subject: str) -> int:
        return (await transaction.execute(_FORGET_SUBJECT, {"subject": subject})).rowcount
