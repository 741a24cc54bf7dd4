"""The marks of ledgers in PostgreSQL."""

from __future__ import annotations

from sqlalchemy import text

from federation.domain.ledger import LedgerMark
from federation.domain.provider import ProviderId
from kit.database.engine import Transaction


class LedgerTable:
    """The port Ledgers."""

    async def furthest(self, transaction: Transaction, provider: ProviderId) -> LedgerMark | None:
        found = await transaction.execute(
            text("SELECT ledger, charges FROM ledgers WHERE provider = :provider"), {"provider": provider}
        )
        row = found.one_or_none()
        return None if row is None else LedgerMark(row.ledger, row.charges)

    async def put(self, transaction: Transaction, provider: ProviderId, mark: LedgerMark) -> None:
        await transaction.execute(
            text(
                """INSERT INTO ledgers VALUES (:provider, :ledger, :charges)
                   ON CONFLICT (provider) DO UPDATE SET ledger = :ledger, charges = :charges"""
            ),
            {"provider": provider, "ledger": mark.ledger, "charges": mark.charges},
        )
