"""Entries in PostgreSQL, by their names."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from audit_log.adapters.entry_rows import SELECT_ENTRIES, entry_of
from audit_log.adapters.tables import bodies, entries
from audit_log.domain.entry import Entry, EntryIndex
from kit.database.engine import Transaction
from tlog.evidence import Opening
from tlog.record import Salt


class PostgresEntries:
    """Gets one."""

    async def get(self, transaction: Transaction, name: EntryIndex | UUID) -> Entry | None:
        column = entries.c.event_id if isinstance(name, UUID) else entries.c.index
        row = (await transaction.execute(SELECT_ENTRIES.where(column == name))).one_or_none()
        return None if row is None else entry_of(row)

    async def opening(self, transaction: Transaction, index: EntryIndex) -> Opening | None:
        found = await transaction.execute(select(bodies.c.salt, bodies.c.body).where(bodies.c.index == index))
        row = found.one_or_none()
        return None if row is None else Opening(Salt(row.salt), row.body)
