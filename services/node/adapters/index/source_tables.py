"""The sources of a mapping as DuckDB relations of text: identifiers and raw values, nothing mapped yet."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import duckdb

from cohort.errors import did_you_mean
from node.adapters.index.sql_text import literal, name
from node.domain.errors import MappingError, SnapshotError, SourceError
from node.domain.mapping import Column, Constant, DataMapping, Format, SourceMapping

_BATCH = 10_000


class SourceTables:
    """Relation i has the columns collection, subject, study, series, and one for each mapped variable."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, mapping: DataMapping, folder: Path) -> None:
        self._connection = connection
        self._mapping = mapping
        self._folder = folder
        self.skipped_files: list[str] = []

    def load(self) -> None:
        """Raises SourceError or MappingError naming file and column."""
        for i, source in enumerate(self._mapping.sources):
            match source.format:
                case Format.PARQUET | Format.CSV:
                    self._load_table(i, source)
                case Format.DICOM:
                    self._load_dicom(i, source)

    def _load_table(self, i: int, source: SourceMapping) -> None:
        files = sorted(self._folder.glob(source.path))
        if not files:
            raise SourceError(
                f"sources[{i}].path: no file below {self._folder} matches {source.path}; put the data there or"
                " correct the path"
            )
        for file in files:
            self._check_columns(source, file)
        reader = _reader(source.format, files)
        # A view over Parquet reads only the columns it needs; CSV would be parsed anew for each of them.
        kind = "VIEW" if source.format is Format.PARQUET else "TABLE"
        try:
            query = f"SELECT {_projection(source)} FROM {reader}"  # noqa: S608
            self._connection.execute(f"CREATE TEMP {kind} source_{i} AS {query}")
        except duckdb.Error as error:
            raise self.explain(error) from error

    def explain(self, error: duckdb.Error) -> SourceError | SnapshotError:
        """What an error while building means. DuckDB's own text may quote data, so it is not passed on."""
        for source in self._mapping.sources:
            if source.format is not Format.DICOM:
                for file in sorted(self._folder.glob(source.path)):
                    if not self._readable(source, file):
                        return _unreadable(source.format, file)
        if isinstance(error, duckdb.OutOfMemoryException | duckdb.IOException | duckdb.FatalException):
            return SnapshotError(
                "the new snapshot could not be written; free space on the disk of the node's data folder (or"
                " raise ONCORDIA_INGEST_MEMORY_MB), then ingest again. The old snapshot stays in use"
            )
        return SnapshotError(
            f"the snapshot could not be built ({type(error).__name__}); ingest again. The old snapshot stays in use"
        )

    def _readable(self, source: SourceMapping, file: Path) -> bool:
        columns = ", ".join(name(column) for column in _columns(source))
        # A connection of its own: after a failed write the other is of no use.
        with duckdb.connect() as connection:
            try:
                connection.execute(
                    f"SELECT bit_xor(hash({columns})) FROM {_reader(source.format, [file])}"  # noqa: S608
                )
            except duckdb.Error:
                return False
        return True

    def _check_columns(self, source: SourceMapping, file: Path) -> None:
        try:
            found = [
                row[0]
                for row in self._connection.execute(
                    f"DESCRIBE SELECT * FROM {_reader(source.format, [file])}"  # noqa: S608
                ).fetchall()
            ]
        except (duckdb.Error, OSError) as error:
            raise _unreadable(source.format, file) from error
        for column in _columns(source):
            if column not in found:
                hint = did_you_mean(column, found) or f" It has {', '.join(found[:20])}."
                raise MappingError(f"{file} has no column {column!r}, which {self._mapping.origin} names.{hint}")

    def _load_dicom(self, i: int, source: SourceMapping) -> None:
        folder = self._folder / source.path
        if not folder.is_dir():
            raise SourceError(f"sources[{i}].path: there is no folder {folder}; put the data there")
        if source.series is None:
            raise MappingError(f"sources[{i}].series is missing; write series: SeriesInstanceUID")
        # pydicom takes most of a second to import, which only folders of DICOM files need.
        from node.adapters.index.dicom_folder import DicomFolder

        columns = _columns(source)
        reader = DicomFolder(folder, columns, source.series.name)
        self._connection.execute(
            f"CREATE TEMP TABLE dicom_{i} ({', '.join(f'{name(column)} VARCHAR' for column in columns)})"
        )
        unnested = ", ".join("unnest(?::VARCHAR[])" for _ in columns)
        rows = reader.rows()
        while batch := list(islice(rows, _BATCH)):
            values = [list(column) for column in zip(*batch, strict=True)]
            self._connection.execute(f"INSERT INTO dicom_{i} SELECT {unnested}", values)
        self.skipped_files.extend(reader.skipped)
        query = f"SELECT {_projection(source)} FROM dicom_{i}"  # noqa: S608
        self._connection.execute(f"CREATE TEMP VIEW source_{i} AS {query}")


def _reader(source_format: Format, files: list[Path]) -> str:
    listed = ", ".join(literal(str(file)) for file in files)
    if source_format is Format.PARQUET:
        return f"read_parquet([{listed}])"
    return f"read_csv([{listed}], header = true, all_varchar = true, null_padding = false)"


def _unreadable(source_format: Format, file: Path) -> SourceError:
    label = "Parquet" if source_format is Format.PARQUET else "CSV with a header line, in UTF-8"
    return SourceError(
        f"{file} can't be read as {label}: it is damaged or something else; write it anew, then ingest again."
        " The old snapshot stays in use"
    )


def _columns(source: SourceMapping) -> list[str]:
    origins = (
        source.collection,
        source.subject,
        source.study,
        source.series,
        *(variable.origin for variable in source.variables),
    )
    return list(dict.fromkeys(origin.name for origin in origins if isinstance(origin, Column)))


def _projection(source: SourceMapping) -> str:
    return ", ".join(f"{_expression(origin)} AS {name(alias)}" for alias, origin in _aliases(source))


def _aliases(source: SourceMapping) -> Iterator[tuple[str, Column | Constant | None]]:
    yield "collection id", source.collection
    yield "subject id", source.subject
    yield "study id", source.study
    yield "series id", source.series
    for variable in source.variables:
        yield variable.variable, variable.origin


def _expression(origin: Column | Constant | None) -> str:
    match origin:
        case Column(column):
            return f"nullif(trim(CAST({name(column)} AS VARCHAR)), '')"
        case Constant(value):
            return literal(value.strip())
        case None:
            return "CAST(NULL AS VARCHAR)"
