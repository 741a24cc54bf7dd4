"""The table `series` as the snapshot builder makes it, from a few rows."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from node.adapters.index.sql_text import name
from node.adapters.index.value_lookups import column_type, create_code_types
from tests.unit.cohort.reference import MODEL, Row


def nested(rows: Sequence[Row]) -> list[Row]:
    """The rows with each study within one subject, as in real data."""
    return [Row(row.subject, None if row.study is None else 100 * row.subject + row.study, row.values) for row in rows]


def fill(connection: duckdb.DuckDBPyConnection, rows: Sequence[Row], variables: Sequence[str]) -> None:
    """Rows keep their order in `position`; a row without a study gets a study key of its own."""
    create_code_types(connection, MODEL)
    columns = ", ".join(f"{name(v)} {column_type(MODEL.get(v))}" for v in variables)
    connection.execute(
        "CREATE TABLE series (position INTEGER, subject UINTEGER, study UINTEGER, counted_studies UTINYINT,"
        f" counted_series UTINYINT, {columns})"
    )
    connection.execute("CREATE TABLE subjects (subject UINTEGER, collection VARCHAR, local_id VARCHAR)")
    for subject in sorted({row.subject for row in rows}):
        connection.execute("INSERT INTO subjects VALUES (?, 'c', ?)", [subject, f"local-{subject}"])
    for position, row in enumerate(rows):
        images = int(row.study is not None)
        study = 10_000 + position if row.study is None else row.study
        connection.execute(
            f"INSERT INTO series VALUES (?, ?, ?, ?, ?{', ?' * len(variables)})",  # noqa: S608
            [position, row.subject, study, images, images, *(row.values.get(v) for v in variables)],
        )
