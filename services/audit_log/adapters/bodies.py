"""The bodies of entries in PostgreSQL, as their retention ends."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import text

from audit_log.application.publish import Fenced
from audit_log.domain.retention import ACCESS_TYPES, Kind, Round, Total
from kit.database.engine import Transaction

# A time in the future was noted by a clock that was wrong.
_FORGET_FUTURE = text("DELETE FROM grown WHERE time > :now")
_NOTE = text(
    """INSERT INTO grown (time, size) SELECT :now, :size
       WHERE NOT EXISTS (SELECT FROM grown WHERE time > CAST(:now AS timestamptz) - interval '1 day')"""
)
_CONFIRMED = text("SELECT time FROM grown ORDER BY time DESC OFFSET 1 LIMIT 1")
_OPEN = text(
    """SELECT first, bound, following, logged_before FROM retention_rounds
       WHERE kind = :kind AND following < bound ORDER BY bound LIMIT 1"""
)
_BEGIN = text(
    """WITH over AS (SELECT time, size FROM grown WHERE time <= :over ORDER BY time DESC LIMIT 1),
            before AS (SELECT coalesce(max(bound), 0) AS bound FROM retention_rounds WHERE kind = :kind)
       INSERT INTO retention_rounds (kind, bound, first, following, logged_before, begin_time)
       SELECT :kind, over.size, before.bound, before.bound, over.time, :now FROM over, before
       WHERE over.size > before.bound
       RETURNING first, bound, following, logged_before"""
)
_DELETE = text(
    """WITH gone AS (
         DELETE FROM bodies USING entries
         WHERE bodies.index = entries.index AND entries.index >= :start AND entries.index < :end
           AND (entries.type = ANY(:types)) = :listed
         RETURNING bodies.index)
       UPDATE retention_rounds AS round SET following = :end, bodies = round.bodies + counted.many,
         lowest = least(round.lowest, counted.lowest), highest = greatest(round.highest, counted.highest)
       FROM (SELECT count(*) AS many, min(index) AS lowest, max(index) AS highest FROM gone) AS counted
       WHERE kind = :kind AND bound = :bound AND following = :start
       RETURNING counted.many"""
)
_TOTAL = text("SELECT bodies, lowest, highest FROM retention_rounds WHERE kind = :kind AND bound = :bound")
_ENDED = text(
    """SELECT begin_time FROM retention_rounds
       WHERE kind = :kind AND bound > :index AND first <= :index AND following > :index"""
)


class PostgresBodies:
    """Deleted in the order of the log; which are, follows from the type of their entry."""

    async def note_size(self, transaction: Transaction, now: datetime, size: int) -> None:
        await transaction.execute(_FORGET_FUTURE, {"now": now})
        await transaction.execute(_NOTE, {"now": now, "size": size})

    async def confirmed_time(self, transaction: Transaction) -> datetime | None:
        return (await transaction.execute(_CONFIRMED)).scalar_one_or_none()

    async def round(self, transaction: Transaction, kind: Kind, kept: timedelta, now: datetime) -> Round | None:
        row = (await transaction.execute(_OPEN, {"kind": kind})).one_or_none()
        if row is None:
            confirmed = await self.confirmed_time(transaction)
            if confirmed is None:
                return None
            begin = {"kind": kind, "over": confirmed - kept, "now": now}
            row = (await transaction.execute(_BEGIN, begin)).one_or_none()
        return None if row is None else Round(kind, row.first, row.bound, row.following, row.logged_before)

    async def delete(self, transaction: Transaction, current: Round, most: int) -> tuple[Round, int]:
        end = min(current.following + most, current.bound)
        deleted = await transaction.execute(
            _DELETE,
            {
                "start": current.following,
                "end": end,
                "types": sorted(ACCESS_TYPES),
                "listed": current.kind is Kind.ACCESS,
                "kind": current.kind,
                "bound": current.bound,
            },
        )
        row = deleted.one_or_none()
        if row is None:
            raise Fenced
        return replace(current, following=end), row.many

    async def total(self, transaction: Transaction, done: Round) -> Total | None:
        row = (await transaction.execute(_TOTAL, {"kind": done.kind, "bound": done.bound})).one()
        return Total(row.bodies, row.lowest, row.highest) if row.bodies else None

    async def ended(self, transaction: Transaction, kind: Kind, index: int) -> datetime | None:
        return (await transaction.execute(_ENDED, {"kind": kind, "index": index})).scalar_one_or_none()
