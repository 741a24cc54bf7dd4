"""Reads entries, as far as the caller may. Who is given a body is recorded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from audit_log.application.ports import Bodies, Entries, Finder
from audit_log.application.record import Record
from audit_log.application.scope import scope_of
from audit_log.domain.entry import Entry, EntryIndex
from audit_log.domain.entry_name import parse_entry_name
from audit_log.domain.retention import kind_of
from audit_log.domain.search import Search
from kit.database.engine import Database
from kit.errors import NotFound
from kit.identity.caller import Caller
from tlog.evidence import Opening


@dataclass(frozen=True, slots=True)
class ReadEntries:
    """Raises NotFound for what isn't there and for what the caller may not know of, alike."""

    database: Database
    entries: Entries
    bodies: Bodies
    finder: Finder
    record: Record

    async def get(self, caller: Caller, name: str) -> tuple[Entry, Opening | None, datetime | None]:
        """The entry, and for auditors what opens it or, once its retention has ended, when that was deleted."""
        parsed = parse_entry_name(name)
        scope = scope_of(caller)
        async with self.database.transaction() as transaction:
            entry = await self.entries.get(transaction, parsed)
            if entry is None or not scope.allows(entry.attributes):
                raise NotFound(name)
            if not scope.everything:
                return entry, None, None
            opening = await self.entries.opening(transaction, entry.index)
            if opening is None:
                kind = kind_of(entry.attributes.type)
                return entry, None, await self.bodies.ended(transaction, kind, entry.index)
            await self.record.body_read(transaction, caller, entry)
            return entry, opening, None

    async def search(self, caller: Caller, search: Search, before: EntryIndex | None, most: int) -> list[Entry]:
        """At most that many entries, newest first, all below index `before`."""
        async with self.database.reading() as reading:
            return await self.finder.newest(reading, search, scope_of(caller), before, most)
