"""Deletes the bodies and salts whose retention has ended, oldest first; their leaves stay.

The retention of an entry begins when it was logged, as the log itself noted once a day: a producer whose clock is wrong
can neither keep a body for ever nor lose it early. A round ends a day later than it could, so that the log's own clock,
if it jumps, does harm only after it was wrong for a whole day.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from audit_log.application.ports import Bodies, Leaves, Statements
from audit_log.application.record import Record
from audit_log.domain.retention import Kind, Retention, Round
from kit.clock import Clock
from kit.database.engine import Database

BATCH = 5_000
"""Entries that a transaction looks at; so long at most do its locks last."""
_BREATH_SECONDS = 0.02
# A repeated request comes within minutes.
_KEEP_STATEMENTS = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class ExpireBodies:
    """May be stopped anywhere: a round that was begun is ended by the next call. `deleted` is told how many bodies of
    a kind went. Only the one writer of the log runs it."""

    database: Database
    leaves: Leaves
    bodies: Bodies
    statements: Statements
    record: Record
    retention: Retention
    clock: Clock
    deleted: Callable[[Kind, int], None]
    batch: int = BATCH

    async def __call__(self) -> None:
        now = self.clock.now()
        size = (await self.leaves.frontier()).size
        async with self.database.transaction() as transaction:
            await self.bodies.note_size(transaction, now, size)
            await self.statements.forget(transaction, now - _KEEP_STATEMENTS)
        for kind in Kind:
            async with self.database.transaction() as transaction:
                current = await self.bodies.round(transaction, kind, self.retention.of(kind), now)
            while current is not None and not current.is_done:
                current = await self._go_on(current)
                # Others append meanwhile.
                await asyncio.sleep(_BREATH_SECONDS)

    async def _go_on(self, current: Round) -> Round:
        async with self.database.transaction() as transaction:
            after, deleted = await self.bodies.delete(transaction, current, self.batch)
            if after.is_done:
                total = await self.bodies.total(transaction, after)
                if total is not None:
                    await self.record.bodies_expired(transaction, after, total)
        self.deleted(after.kind, deleted)
        return after
