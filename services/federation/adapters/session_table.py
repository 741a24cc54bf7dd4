"""Sessions in PostgreSQL."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Row, text

from federation.domain.certificate import Serial
from federation.domain.provider import ProviderId
from federation.domain.session import Session, SessionNumber
from kit.database.engine import Transaction

_PUT = text(
    """INSERT INTO sessions (provider, number, instance, serial, replica, lease_until, held)
       VALUES (:provider, :number, :instance, :serial, :replica, :lease_until, :held)
       ON CONFLICT (provider) DO UPDATE SET number = :number, instance = :instance, serial = :serial,
         replica = :replica, lease_until = :lease_until, held = :held"""
)
_REMEMBER = text("INSERT INTO node_processes VALUES (:provider, :instance) ON CONFLICT DO NOTHING")


class SessionTable:
    """The port Sessions."""

    async def latest(self, transaction: Transaction, provider: ProviderId) -> Session | None:
        found = await transaction.execute(
            text("SELECT * FROM sessions WHERE provider = :provider"), {"provider": provider}
        )
        row = found.one_or_none()
        return None if row is None else _session(row)

    async def knows(self, transaction: Transaction, provider: ProviderId, instance: str) -> bool:
        found = await transaction.execute(
            text("SELECT 1 FROM node_processes WHERE provider = :provider AND instance = :instance"),
            {"provider": provider, "instance": instance},
        )
        return found.one_or_none() is not None

    async def put(self, transaction: Transaction, session: Session) -> None:
        await transaction.execute(
            _PUT,
            {
                "provider": session.provider,
                "number": session.number,
                "instance": session.instance,
                "serial": session.serial,
                "replica": session.replica,
                "lease_until": session.lease_until,
                "held": session.held,
            },
        )
        await transaction.execute(_REMEMBER, {"provider": session.provider, "instance": session.instance})

    async def end(self, transaction: Transaction, provider: ProviderId, number: SessionNumber) -> bool:
        ended = await transaction.execute(
            text("UPDATE sessions SET held = false WHERE provider = :provider AND number = :number AND held"),
            {"provider": provider, "number": number},
        )
        return ended.rowcount == 1

    async def extend(self, transaction: Transaction, replica: UUID, until: datetime) -> set[tuple[ProviderId, int]]:
        extended = await transaction.execute(
            text(
                """UPDATE sessions SET lease_until = :until WHERE replica = :replica AND held
                   RETURNING provider, number"""
            ),
            {"replica": replica, "until": until},
        )
        return {(ProviderId(row.provider), row.number) for row in extended}

    async def overdue(self, transaction: Transaction, now: datetime) -> list[Session]:
        found = await transaction.execute(
            text("SELECT * FROM sessions WHERE held AND lease_until < :now"), {"now": now}
        )
        return [_session(row) for row in found]


def _session(row: Row[tuple[object, ...]]) -> Session:
    return Session(
        provider=ProviderId(row.provider),
        number=SessionNumber(row.number),
        instance=row.instance,
        serial=Serial(row.serial),
        replica=UUID(str(row.replica)),
        lease_until=row.lease_until,
        held=row.held,
    )
