"""Builds a snapshot: all sources, mapped and brought to one row per series. DuckDB does the work in sets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import duckdb

from cohort.variables import DataModel, Level, Variable
from node.adapters.index.source_tables import SourceTables
from node.adapters.index.sql_text import literal, name
from node.adapters.index.value_lookups import ValueLookups, column_type, create_code_types
from node.domain.counts import Counts
from node.domain.errors import MappingError, SourceError
from node.domain.mapping import DataMapping
from node.domain.snapshot import Lint, UnmappedValue, VariableLint

_ANNOTATIONS = ("SEG", "RTSTRUCT", "ANN")
_SHOWN_UNMAPPED = 100

# Identifiers are kept as 64-bit hashes: among a million, two meet with a probability of 1 in 10^7.
_STAGED = '"collection id" VARCHAR, "subject id" VARCHAR, "study id" UBIGINT, "series id" UBIGINT'

_KEYS = """
CREATE TABLE subjects AS
  SELECT row_number() OVER (ORDER BY "collection id", "subject id")::UINTEGER AS subject,
    "collection id" AS collection, "subject id" AS local_id
  FROM (SELECT DISTINCT "collection id", "subject id" FROM usable);
CREATE TEMP TABLE studies AS
  SELECT row_number() OVER (ORDER BY subject, "study id")::UINTEGER AS study, subject, "study id",
    -- A study under two subjects is an error of the data: it counts once, for the first of them.
    (row_number() OVER (PARTITION BY collection, "study id" ORDER BY subject) = 1)::UTINYINT AS counted
  FROM (SELECT DISTINCT "collection id", "subject id", "study id" FROM usable WHERE "series id" IS NOT NULL) u
  JOIN subjects ON collection = "collection id" AND local_id = "subject id";
CREATE TEMP TABLE without_images AS
  SELECT ((SELECT count(*) FROM studies) + row_number() OVER (ORDER BY subject))::UINTEGER AS study, subject
  FROM subjects ANTI JOIN studies USING (subject);
CREATE TEMP TABLE keyed AS
  SELECT k.subject, coalesce(s.study, w.study) AS study, w.study IS NOT NULL AS imageless,
    u.* EXCLUDE ("collection id", "subject id", "study id")
  FROM usable u
  JOIN subjects k ON k.collection = u."collection id" AND k.local_id = u."subject id"
  LEFT JOIN studies s ON s.subject = k.subject AND s."study id" = u."study id"
  LEFT JOIN without_images w ON w.subject = k.subject;
DROP TABLE staged CASCADE;
"""


class SnapshotBuilder:
    """`memory_mb`: DuckDB's limit while building; the process needs about 100 MB on top."""

    def __init__(self, model: DataModel, memory_mb: int = 200, threads: int = 2) -> None:
        self._model = model
        self._memory_mb = memory_mb
        self._threads = threads

    def build(self, mapping: DataMapping, folder: Path, target: Path) -> Lint:
        """Write the index into the new file `target`, and say how well the mapping went.

        Raises MappingError, SourceError and SnapshotError, each naming what to mend.
        """
        connection = duckdb.connect(
            str(target),
            config={
                "memory_limit": f"{self._memory_mb}MB",
                "threads": str(self._threads),
                "preserve_insertion_order": "false",
                "temp_directory": str(target.with_name("temporary")),
                "autoinstall_known_extensions": "false",
                "autoload_known_extensions": "false",
            },
        )
        sources = SourceTables(connection, mapping, folder)
        try:
            with connection:
                lint = _Build(connection, mapping, self._model, sources).run()
                connection.execute("CHECKPOINT")
                return lint
        except duckdb.Error as error:
            raise sources.explain(error) from error


class _Build:
    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        mapping: DataMapping,
        model: DataModel,
        sources: SourceTables,
    ) -> None:
        self._connection = connection
        self._mapping = mapping
        self._sources = sources
        self._lookups = ValueLookups(connection, model)
        self._model = model
        self._mapped = [model.get(variable) for variable in mapping.variables()]

    def run(self) -> Lint:
        create_code_types(self._connection, self._model)
        self._sources.load()
        self._stage()
        skipped = self._number('SELECT count(*) FROM staged WHERE NOT coalesce("usable", false)')
        for statement in _KEYS.split(";\n"):
            if statement.strip():
                self._connection.execute(statement)
        self._aggregate()
        self._index()
        lint = self._lint(skipped)
        self._require_something(lint)
        return lint

    def _stage(self) -> None:
        columns = "".join(f", {name(v.name)} {column_type(v)}" for v in self._mapped)
        self._connection.execute(f"CREATE TEMP TABLE staged ({_STAGED}{columns}, usable BOOLEAN)")
        for i, source in enumerate(self._mapping.sources):
            query = self._lookups.staging_query(i, source)
            self._connection.execute(
                'INSERT INTO staged BY NAME SELECT *, "collection id" IS NOT NULL AND "subject id" IS NOT NULL'  # noqa: S608
                f' AND ("series id" IS NULL OR "study id" IS NOT NULL) AS usable FROM ({query})'
            )
        self._connection.execute("CREATE TEMP VIEW usable AS SELECT * EXCLUDE (usable) FROM staged WHERE usable")

    def _aggregate(self) -> None:
        """Lowest and highest value of each variable over the rows of its level; they agree or conflict."""
        self._aggregate_level(Level.SUBJECT, "subject", "true")
        self._aggregate_level(Level.STUDY, "study", "study IS NOT NULL")
        self._aggregate_level(
            Level.SERIES,
            'study, "series id"',
            '"series id" IS NOT NULL OR imageless',
            "any_value(subject) AS subject",
        )

    def _aggregate_level(self, level: Level, keys: str, where: str, *more: str) -> None:
        ends = [
            f"{end}({name(v.name)}) AS {name(f'{end} {v.name}')}" for v in self._at(level) for end in ("min", "max")
        ]
        if level is Level.STUDY:
            marks = ", ".join(literal(code) for code in _ANNOTATIONS)
            modality = f"modality IN ({marks})" if "modality" in self._mapping.variables() else "NULL"
            more = (
                *more,
                f"bool_or({modality}) AS annotated",
                'count(DISTINCT "series id") AS series_count',
                "bool_or(imageless) AS imageless",
            )
        self._connection.execute(
            f"CREATE TEMP TABLE {level.value}_values AS"  # noqa: S608
            f" SELECT {', '.join((keys, *more, *ends))} FROM keyed WHERE {where} GROUP BY {keys}"
        )

    def _at(self, level: Level) -> Iterable[Variable]:
        return [variable for variable in self._mapped if variable.level is level]

    def _index(self) -> None:
        mapped = [f"{self._value(v)} AS {name(v.name)}" for v in self._mapped if v.name != "annotation_present"]
        columns = ", ".join(
            (
                *mapped,
                f"{self._annotation()} AS annotation_present",
                "CASE WHEN NOT study_values.imageless THEN study_values.series_count END AS series_count",
                "subjects.collection AS collection",
            )
        )
        self._connection.execute(
            "CREATE TEMP TABLE rows AS SELECT series_values.subject, series_values.study,"  # noqa: S608
            " coalesce(studies.counted, 0)::UTINYINT AS counted_studies,"
            ' ("series id" IS NOT NULL)::UTINYINT AS counted_series, "series id",'
            f" {columns} FROM series_values"
            " JOIN study_values ON study_values.study = series_values.study"
            " JOIN subject_values ON subject_values.subject = series_values.subject"
            " JOIN subjects ON subjects.subject = series_values.subject"
            " LEFT JOIN studies ON studies.study = series_values.study"
        )
        values = ", ".join(name(column) for column in self._variables())
        self._connection.execute(
            "CREATE TABLE fingerprints AS"  # noqa: S608
            f' SELECT subject, bit_xor(hash("series id", {values})) AS fingerprint FROM rows GROUP BY subject'
        )
        self._connection.execute(
            f"CREATE TABLE series AS SELECT subject, study, counted_studies, counted_series, {values}"  # noqa: S608
            " FROM rows ORDER BY subject, study"
        )

    def _variables(self) -> list[str]:
        mapped = [v.name for v in self._mapped if v.name != "annotation_present"]
        return [*mapped, "annotation_present", "series_count", "collection"]

    def _value(self, variable: Variable) -> str:
        table = f"{variable.level.value}_values"
        low, high = (f"{table}.{name(f'{end} {variable.name}')}" for end in ("min", "max"))
        return f"CASE WHEN {low} = {high} THEN {low} END"

    def _annotation(self) -> str:
        derived = "study_values.annotated"
        if "annotation_present" in self._mapping.variables():
            # Either says yes: it is there. Otherwise what is known of the two.
            beside = f"study_values.{name('max annotation_present')}"
            derived = f"coalesce({derived} OR {beside}, {derived}, {beside})"
        return f"CASE WHEN NOT study_values.imageless THEN {derived} END"

    def _lint(self, skipped: int) -> Lint:
        rows = self._number("SELECT count(*) FROM series")
        totals = Counts(
            subjects=self._number("SELECT count(*) FROM subjects"),
            studies=self._number("SELECT coalesce(sum(counted), 0) FROM studies"),
            series=self._number("SELECT coalesce(sum(counted_series), 0) FROM series"),
        )
        return Lint(
            rows=rows,
            totals=totals,
            skipped_rows=skipped,
            shared_studies=self._number("SELECT count(*) FROM studies WHERE counted = 0"),
            skipped_files=tuple(self._sources.skipped_files),
            variables=tuple(self._variable_lint(variable) for variable in self._variables()),
        )

    def _variable_lint(self, variable: str) -> VariableLint:
        unmapped = self._lookups.unmapped.get(variable, Counter())
        most = sorted(unmapped.items(), key=lambda item: (-item[1], item[0]))[:_SHOWN_UNMAPPED]
        return VariableLint(
            variable=variable,
            mapped_rows=self._number(f"SELECT count({name(variable)}) FROM series"),  # noqa: S608
            conflicting=self._conflicting(variable),
            unmapped_values=len(unmapped),
            unmapped=tuple(UnmappedValue(value, rows) for value, rows in most),
        )

    def _conflicting(self, variable: str) -> int:
        if variable not in self._mapping.variables() or variable == "annotation_present":
            return 0
        level = self._model.get(variable).level.value
        low, high = name(f"min {variable}"), name(f"max {variable}")
        return self._number(f"SELECT coalesce(count_if({low} <> {high}), 0) FROM {level}_values")  # noqa: S608

    def _require_something(self, lint: Lint) -> None:
        if lint.rows == 0:
            raise SourceError(
                f"{self._mapping.origin}: the sources have no usable row; each needs a value of collection and"
                " subject, and of study where it has a series"
            )
        mapped = {v.name for v in self._mapped}
        if not any(v.mapped_rows for v in lint.variables if v.variable in mapped):
            raise MappingError(
                f"{self._mapping.origin} maps nothing: none of {', '.join(sorted(mapped)) or 'its variables'} got"
                " a value in any row; check columns and read, and give local spellings under codes"
            )

    def _number(self, query: str) -> int:
        row = self._connection.execute(query).fetchone()
        return int(row[0]) if row else 0
