"""The producers' numbers, in PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import text

from audit_log.domain.entry import EntryIndex
from kit.database.engine import Database
from tlog.numbers import Numbers, Run

_POSITION = text("SELECT following FROM numbers_position")
_LOAD = text("SELECT producer, runs FROM numbers_seen")
_NUMBERS = text(
    """SELECT producer, array_agg(number) AS numbers, max(index) AS last FROM entries
       WHERE index >= :start AND index < CAST(:start AS bigint) + :most GROUP BY producer"""
)
_SAVE = text(
    """INSERT INTO numbers_seen (producer, runs) VALUES (:producer, :runs)
       ON CONFLICT (producer) DO UPDATE SET runs = :runs"""
)
_MOVE = text("UPDATE numbers_position SET following = :following")


class PostgresNumbersSeen:
    """Runs are kept as start, end, start, end and so on."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def load(self) -> tuple[EntryIndex, dict[str, Numbers]]:
        async with self._database.transaction() as transaction:
            following = (await transaction.execute(_POSITION)).scalar_one()
            rows = (await transaction.execute(_LOAD)).all()
        return EntryIndex(following), {row.producer: _numbers(row.runs) for row in rows}

    async def numbers(self, start: EntryIndex, most: int) -> tuple[EntryIndex, dict[str, list[int]]]:
        async with self._database.transaction() as transaction:
            rows = (await transaction.execute(_NUMBERS, {"start": start, "most": most})).all()
        end = max((row.last + 1 for row in rows), default=start)
        return EntryIndex(end), {row.producer: row.numbers for row in rows}

    async def save(self, following: EntryIndex, changed: Mapping[str, Numbers]) -> None:
        async with self._database.transaction() as transaction:
            for producer, numbers in changed.items():
                flat = [end for run in numbers.runs for end in (run.start, run.end)]
                await transaction.execute(_SAVE, {"producer": producer, "runs": flat})
            await transaction.execute(_MOVE, {"following": following})


def _numbers(flat: list[int]) -> Numbers:
    return Numbers(tuple(Run(start, end) for start, end in zip(flat[::2], flat[1::2], strict=True)))
