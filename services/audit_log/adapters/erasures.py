"""Erasures in PostgreSQL. A subject is remembered by a keyed digest; itself only until every service has erased it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, cast
from uuid import uuid4

from sqlalchemy import Row, text

from audit_log.adapters.subject_digest import SubjectDigest
from audit_log.domain.erasure import Erasure, ErasureId
from kit.database.engine import Reading, Transaction

_ADD = text(
    """INSERT INTO erasures (id, digest, subject, request_time, restricted_until)
        VALUES (:id, :digest, :subject, :now, :until)
        ON CONFLICT (digest) WHERE erase_time IS NULL DO UPDATE SET digest = excluded.digest
        RETURNING *"""
)
_NEWEST_OF = text("SELECT * FROM erasures WHERE digest = :digest ORDER BY number DESC LIMIT 1")
_PAGE = text(
    """SELECT * FROM erasures WHERE CAST(:before AS bigint) IS NULL OR number < :before
        ORDER BY number DESC LIMIT :most"""
)
_WAITING = text("SELECT id FROM erasures WHERE erase_time IS NULL ORDER BY number")
_UNCONFIRMED = text("SELECT id FROM erasures WHERE erase_time IS NOT NULL AND subject IS NOT NULL ORDER BY number")
_LOCK = text("SELECT subject FROM erasures WHERE id = :id AND erase_time IS NULL FOR UPDATE")
_POSTPONE = text("UPDATE erasures SET restricted_until = :until WHERE id = :id AND restricted_until <> :until")
_CARRIED_OUT = text("UPDATE erasures SET erase_time = :now, restricted_until = NULL, told_time = :now WHERE id = :id")
_CONFIRM = text(
    """UPDATE erasures SET confirmed = CAST(:confirmed AS text[]),
         subject = CASE WHEN CAST(:holders AS text[]) <@ CAST(:confirmed AS text[]) THEN NULL ELSE subject END
       WHERE id = :id RETURNING subject"""
)
_TELL = text("UPDATE erasures SET told_time = :now WHERE id = :id AND told_time <= :unless_after")


class PostgresErasures:
    """`holders` are the services that have to confirm."""

    def __init__(self, digest: SubjectDigest, holders: Sequence[str]) -> None:
        self._digest = digest
        self._holders = frozenset(holders)

    async def add(self, transaction: Transaction, subject: str, now: datetime, until: datetime) -> Erasure:
        values = {"id": uuid4(), "digest": self._digest(subject), "subject": subject, "now": now, "until": until}
        return self._erasure((await transaction.execute(_ADD, values)).one())

    async def newest_of(self, transaction: Transaction, subject: str) -> Erasure | None:
        row = (await transaction.execute(_NEWEST_OF, {"digest": self._digest(subject)})).one_or_none()
        return None if row is None else self._erasure(row)

    async def page(self, reading: Reading, before: int | None, most: int) -> list[tuple[int, Erasure]]:
        rows = await reading.execute(_PAGE, {"before": before, "most": most})
        return [(row.number, self._erasure(row)) for row in rows]

    async def waiting(self, transaction: Transaction) -> list[ErasureId]:
        return list((await transaction.execute(_WAITING)).scalars())

    async def unconfirmed(self, transaction: Transaction) -> list[ErasureId]:
        return list((await transaction.execute(_UNCONFIRMED)).scalars())

    async def lock(self, transaction: Transaction, erasure: ErasureId) -> str | None:
        return (await transaction.execute(_LOCK, {"id": erasure})).scalar_one_or_none()

    async def postpone(self, transaction: Transaction, erasure: ErasureId, until: datetime) -> None:
        await transaction.execute(_POSTPONE, {"id": erasure, "until": until})

    async def carried_out(self, transaction: Transaction, erasure: ErasureId, now: datetime) -> None:
        await transaction.execute(_CARRIED_OUT, {"id": erasure, "now": now})

    async def confirm(self, transaction: Transaction, erasure: ErasureId, by: Collection[str]) -> str | None:
        values = {"id": erasure, "confirmed": sorted(by), "holders": sorted(self._holders)}
        return cast(str | None, (await transaction.execute(_CONFIRM, values)).scalar_one())

    async def tell(self, transaction: Transaction, erasure: ErasureId, unless_after: datetime, now: datetime) -> bool:
        told = await transaction.execute(_TELL, {"id": erasure, "unless_after": unless_after, "now": now})
        return bool(told.rowcount)

    def _erasure(self, row: Row[Any]) -> Erasure:
        confirmed = frozenset(row.confirmed)
        return Erasure(
            ErasureId(row.id),
            row.request_time,
            row.restricted_until,
            row.erase_time,
            confirmed,
            frozenset() if row.erase_time is None else self._holders - confirmed,
        )
