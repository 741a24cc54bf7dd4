"""From raw spellings to values: each distinct spelling is read once, and joined."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date

import duckdb

from cohort.variables import DataModel, ValueType, Variable
from node.adapters.index.sql_text import literal, name
from node.domain.mapping import SourceMapping, VariableMapping
from node.domain.reading import read

_TYPES = {
    ValueType.TEXT: "VARCHAR",
    ValueType.INTEGER: "BIGINT",
    ValueType.DECIMAL: "DOUBLE",
    ValueType.BOOLEAN: "BOOLEAN",
    ValueType.DATE: "DATE",
}


def create_code_types(connection: duckdb.DuckDBPyConnection, model: DataModel) -> None:
    """An ENUM for each code list, so that codes are stored and compared as small integers."""
    for variable in model:
        if variable.codes is not None:
            codes = ", ".join(literal(code.code) for code in variable.codes)
            connection.execute(f"CREATE TYPE {column_type(variable)} AS ENUM ({codes})")


def column_type(variable: Variable) -> str:
    """The DuckDB type of a variable's values."""
    if variable.type is ValueType.CODE:
        return name(f"{variable.name} code")
    return _TYPES[variable.type]


class ValueLookups:
    """One table per source and variable, and the spellings that stayed unmapped, with their rows."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, model: DataModel) -> None:
        self._connection = connection
        self._model = model
        self.unmapped: dict[str, Counter[str]] = {}

    def staging_query(self, i: int, source: SourceMapping) -> str:
        """A SELECT of the source's rows with hashed study and series identifiers and mapped values."""
        for variable in source.variables:
            self._make(i, variable)
        values = "".join(f", {_table(i, v)}.value AS {name(v.variable)}" for v in source.variables)
        joins = " ".join(
            f"LEFT JOIN {_table(i, v)} ON s.{name(v.variable)} = {_table(i, v)}.raw" for v in source.variables
        )
        return (
            'SELECT s."collection id" AS "collection id", s."subject id" AS "subject id",'  # noqa: S608
            ' CASE WHEN s."study id" IS NOT NULL THEN hash(s."study id") END AS "study id",'
            ' CASE WHEN s."series id" IS NOT NULL THEN hash(s."series id") END AS "series id"'
            f"{values} FROM source_{i} s {joins}"
        )

    def _make(self, i: int, mapping: VariableMapping) -> None:
        variable = self._model.get(mapping.variable)
        found: Mapping[str, int] = dict(
            self._connection.execute(
                f"SELECT {name(mapping.variable)}, count(*) FROM source_{i}"  # noqa: S608
                f" WHERE {name(mapping.variable)} IS NOT NULL GROUP BY 1"
            ).fetchall()
        )
        values = {raw: read(raw, mapping, variable) for raw in found}
        unmapped = self.unmapped.setdefault(mapping.variable, Counter())
        unmapped.update({raw: found[raw] for raw, value in values.items() if value is None})
        mapped = {raw: value for raw, value in values.items() if value is not None}
        texts = [value.isoformat() if isinstance(value, date) else str(value) for value in mapped.values()]
        self._connection.execute(
            f"CREATE TEMP TABLE {_table(i, mapping)} AS SELECT unnest(?::VARCHAR[]) AS raw,"
            f" CAST(unnest(?::VARCHAR[]) AS {column_type(variable)}) AS value",
            [list(mapped), texts],
        )


def _table(i: int, mapping: VariableMapping) -> str:
    return name(f"lookup {i} {mapping.variable}")
