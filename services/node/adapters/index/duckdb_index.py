"""The snapshot in use, kept open and warm for counting."""

from __future__ import annotations

import threading
from collections.abc import Sequence, Set
from pathlib import Path
from typing import Protocol

import duckdb

from cohort.expression import Expression
from cohort.variables import DataModel
from node.adapters.index.expression_sql import ExpressionSql
from node.adapters.index.sql_text import name
from node.adapters.index.value_lookups import column_type
from node.domain.counts import ContributionLimit, Counts
from node.domain.description import DataSetFigures
from node.domain.epoch import Epoch
from node.domain.errors import SnapshotError
from node.domain.withdrawal import LocalSubject

_NO_LIMIT = ContributionLimit(studies=2**62, series=2**62)

_COUNT = """
SELECT count(*), coalesce(sum(least(studies, ?)), 0), coalesce(sum(least(series, ?)), 0)
FROM (SELECT subject, sum(studies) AS studies, sum(series) AS series
      FROM (SELECT study, any_value(subject) AS subject, max(counted_studies * counted_series) AS studies,
              sum(counted_series) AS series
            FROM series WHERE {condition}{withdrawn} GROUP BY study)
      GROUP BY subject)
"""


_DATA_SETS = """
SELECT s.collection, count(DISTINCT subject), count(DISTINCT study) FILTER (counted_series > 0),
  sum(counted_series), {codes}
FROM series JOIN subjects s USING (subject)
WHERE subject NOT IN (SELECT subject FROM withdrawn) AND s.collection IS NOT NULL
GROUP BY s.collection ORDER BY s.collection
"""
_DESCRIBED = ("cancer_type", "modality", "body_part", "licence")


class Withdrawals(Protocol):
    """The people to leave out. `version` changes with every addition."""

    def version(self) -> int: ...

    def everyone(self) -> Sequence[LocalSubject]: ...


class DuckDbIndex:
    """Counts over one snapshot. Calls may come from several threads; they run one after another."""

    def __init__(
        self,
        file: Path,
        epoch: Epoch,
        model: DataModel,
        withdrawals: Withdrawals,
        memory_mb: int = 96,
        threads: int = 2,
    ) -> None:
        self._epoch = epoch
        self._withdrawals = withdrawals
        self._withdrawn_version = -1
        self._anyone_withdrawn = False
        self._lock = threading.Lock()
        try:
            self._connection = duckdb.connect(
                str(file),
                read_only=True,
                config={"memory_limit": f"{memory_mb}MB", "threads": str(threads), "temp_directory": ""},
            )
            self._connection.execute("CREATE TEMP TABLE withdrawn (subject UINTEGER)")
            self._sql = ExpressionSql(model, self._stored_codes(model))
        except duckdb.Error as error:
            raise _unreadable(epoch) from error

    @property
    def epoch(self) -> Epoch:
        return self._epoch

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    def count(self, expression: Expression, limit: ContributionLimit | None) -> Counts:
        """As the port says. Raises SnapshotError when the file can't be read."""
        condition = self._sql.condition(expression)
        caps = limit or _NO_LIMIT
        with self._lock:
            try:
                self._leave_out_the_withdrawn()
                withdrawn = " AND subject NOT IN (SELECT subject FROM withdrawn)" if self._anyone_withdrawn else ""
                row = self._connection.execute(
                    _COUNT.format(condition=condition.sql, withdrawn=withdrawn),
                    [caps.studies, caps.series, *condition.parameters],
                ).fetchone()
            except duckdb.Error as error:
                raise _unreadable(self._epoch) from error
        if row is None:
            raise _unreadable(self._epoch)
        return Counts(*(int(number) for number in row))

    def warm(self) -> None:
        """As the port says. Raises SnapshotError when the file can't be read."""
        with self._lock:
            try:
                self._leave_out_the_withdrawn()
                self._connection.execute(_COUNT.format(condition="true", withdrawn=""), [0, 0]).fetchall()
            except duckdb.Error as error:
                raise _unreadable(self._epoch) from error

    def unknown(self, people: Sequence[LocalSubject]) -> Sequence[LocalSubject]:
        """Those who match no subject of the snapshot."""
        with self._lock:
            rows = self._connection.execute(
                "SELECT collection, local_id FROM subjects WHERE list_contains(?::VARCHAR[], local_id)",
                [[person.subject for person in people]],
            ).fetchall()
        known = {LocalSubject(local_id, collection) for collection, local_id in rows}
        known |= {LocalSubject(local_id) for _, local_id in rows}
        return [person for person in people if person not in known]

    def data_sets(self) -> Sequence[DataSetFigures]:
        """As the port says. Raises SnapshotError when the file can't be read."""
        with self._lock:
            try:
                self._leave_out_the_withdrawn()
                columns = {row[0] for row in self._connection.execute("DESCRIBE series").fetchall()}
                codes = ", ".join(_codes(variable, columns) for variable in _DESCRIBED)
                rows = self._connection.execute(_DATA_SETS.format(codes=codes)).fetchall()
            except duckdb.Error as error:
                raise _unreadable(self._epoch) from error
        return [
            DataSetFigures(str(row[0]), int(row[1]), int(row[2]), int(row[3]), *(tuple(codes) for codes in row[4:]))
            for row in rows
        ]

    def _leave_out_the_withdrawn(self) -> None:
        version = self._withdrawals.version()
        if version == self._withdrawn_version:
            return
        people = self._withdrawals.everyone()
        self._connection.execute("DELETE FROM withdrawn")
        self._connection.execute(
            "INSERT INTO withdrawn SELECT DISTINCT s.subject FROM subjects s"
            " JOIN (SELECT unnest(?::VARCHAR[]) AS local_id, unnest(?::VARCHAR[]) AS collection) w"
            " ON s.local_id = w.local_id AND (w.collection IS NULL OR s.collection = w.collection)",
            [[person.subject for person in people], [person.collection for person in people]],
        )
        self._anyone_withdrawn = bool(people)
        self._withdrawn_version = version

    def _stored_codes(self, model: DataModel) -> dict[str, frozenset[str]]:
        columns = {row[0] for row in self._connection.execute("DESCRIBE series").fetchall()}
        return {
            variable.name: frozenset(
                row[0]
                for row in self._connection.execute(
                    f"SELECT unnest(enum_range(NULL::{column_type(variable)}))"
                ).fetchall()
            )
            for variable in model
            if variable.codes is not None and variable.name in columns
        }


def changed_subjects(old: Path, new: Path) -> int:
    """Subjects that were added or removed, or any of whose rows differ, between two snapshots."""
    with duckdb.connect(config={"memory_limit": "128MB", "threads": "2"}) as connection:
        for alias, file in (("old", old), ("new", new)):
            # ATTACH takes no parameters.
            quoted = str(file).replace("'", "''")
            connection.execute(f"ATTACH '{quoted}' AS {name(f'{alias}_data')} (READ_ONLY)")
        row = connection.execute(
            """
            SELECT count(*) FROM
              (SELECT collection, local_id, fingerprint FROM old_data.subjects
                 JOIN old_data.fingerprints USING (subject)) o
            FULL JOIN
              (SELECT collection, local_id, fingerprint FROM new_data.subjects
                 JOIN new_data.fingerprints USING (subject)) n
            ON o.collection = n.collection AND o.local_id = n.local_id
            WHERE o.fingerprint IS DISTINCT FROM n.fingerprint
            """
        ).fetchone()
    return int(row[0]) if row else 0


def _codes(variable: str, columns: Set[str]) -> str:
    """The distinct codes of a variable, none where it is not mapped."""
    if variable not in columns:
        return "[]::VARCHAR[]"
    column = f"series.{name(variable)}"
    return f"coalesce(list_sort(list(DISTINCT {column}::VARCHAR) FILTER ({column} IS NOT NULL)), [])"


def _unreadable(epoch: Epoch) -> SnapshotError:
    return SnapshotError(
        f"the snapshot of epoch {epoch.id} can't be read; check the disk of the node's data folder, or ingest again"
    )
