"""The newest checkpoint in PostgreSQL, and the newest cosigned one: a row each, replaced under its lock."""

from __future__ import annotations

from sqlalchemy import text

from audit_log.domain.published import Published
from kit.database.engine import Database
from kit.database.notify import notify
from tlog.hashing import as_hash

PUBLISHED = "audit_log_published"
"""The channel that tells that the checkpoint grew."""

_NEWEST = text("SELECT size, root, note FROM checkpoint")
_FIRST = text("INSERT INTO checkpoint (size, root, note) VALUES (:size, :root, :note) ON CONFLICT DO NOTHING")
_REPLACE = text(
    """UPDATE checkpoint SET size = :size, root = :root, note = :note
       WHERE size = :before AND root = :root_before AND size < :size"""
)
_COSIGNED = text("SELECT size, root, note FROM cosigned_checkpoint")
_COSIGN = text(
    """INSERT INTO cosigned_checkpoint AS known (size, root, note) VALUES (:size, :root, :note)
       ON CONFLICT (single) DO UPDATE SET size = :size, root = :root, note = :note
       WHERE known.size < :size OR (known.size = :size AND known.root = :root)"""
)


class PostgresCheckpoints:
    """Only ever growing."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def newest(self) -> Published | None:
        async with self._database.reading() as reading:
            row = (await reading.execute(_NEWEST)).one_or_none()
        return None if row is None else Published(row.size, as_hash(row.root), row.note)

    async def replace(self, before: Published | None, after: Published) -> bool:
        values = {"size": after.size, "root": after.root, "note": after.note}
        async with self._database.transaction() as transaction:
            if before is None:
                done = await transaction.execute(_FIRST, values)
            else:
                known = {"before": before.size, "root_before": before.root}
                done = await transaction.execute(_REPLACE, values | known)
            await notify(transaction, PUBLISHED)
        return bool(done.rowcount == 1)


class PostgresCosignedCheckpoints:
    """Only ever growing, in size or in cosignatures."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def newest(self) -> Published | None:
        async with self._database.reading() as reading:
            row = (await reading.execute(_COSIGNED)).one_or_none()
        return None if row is None else Published(row.size, as_hash(row.root), row.note)

    async def replace(self, after: Published) -> bool:
        values = {"size": after.size, "root": after.root, "note": after.note}
        async with self._database.transaction() as transaction:
            done = await transaction.execute(_COSIGN, values)
            await notify(transaction, PUBLISHED)
        return bool(done.rowcount == 1)
