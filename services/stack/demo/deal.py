"""Deal the real index out to the demo's providers: one Parquet file each."""

import importlib.util
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from stack.demo.providers import DemoProvider, ProviderCode
from stack.errors import StackError

_MEMORY_LIMIT = "1GB"


@dataclass(frozen=True)
class Figures:
    """What an index holds."""

    collections: int
    subjects: int
    studies: int
    series: int


@dataclass(frozen=True)
class Package:
    """The tables of the package idc-index-data."""

    series: Path
    """One row a series, 31 columns."""
    collections: Path
    """One row a collection: cancer types, tumour locations, DOIs."""


def package() -> Package:
    """Where the installed package keeps its tables. Raises StackError when it isn't installed."""
    found = importlib.util.find_spec("idc_index_data")
    if found is None or not found.submodule_search_locations:
        raise StackError("The package idc-index-data is not installed. Install oncordia[stack].")
    directory = Path(found.submodule_search_locations[0])
    return Package(directory / "idc_index.parquet", directory / "collections_index.parquet")


def deal(
    source: Package,
    providers: tuple[DemoProvider, ...],
    target: Callable[[ProviderCode], Path],
    dealt: Callable[[ProviderCode], None] = lambda _: None,
) -> Mapping[ProviderCode, Figures]:
    """Write each provider's share to the file that `target` names, all columns and its collections' description.

    Calls `dealt` after each file. Files are whole or absent. Raises StackError when a file can't be written.
    """
    figures: dict[ProviderCode, Figures] = {}
    with duckdb.connect(config={"memory_limit": _MEMORY_LIMIT}) as connection:
        for provider in providers:
            path = target(provider.code)
            path.parent.mkdir(parents=True, exist_ok=True)
            unfinished = path.with_suffix(".part")
            try:
                connection.execute(
                    f"COPY ({_SHARE}) TO {_quoted(unfinished)} (FORMAT parquet, COMPRESSION snappy)",
                    [str(source.series), str(source.collections), list(provider.collections)],
                )
                unfinished.rename(path)
            except (duckdb.IOException, OSError) as error:
                unfinished.unlink(missing_ok=True)
                raise StackError(f"{path} could not be written: {error}. Free some disk space.") from error
            figures[provider.code] = _figures(connection, path)
            dealt(provider.code)
    return figures


def figures_of(path: Path) -> Figures:
    """What a Parquet file of series holds."""
    with duckdb.connect() as connection:
        return _figures(connection, path)


_SHARE = """
SELECT i.*, c.collection_name, c.cancer_types, c.tumor_locations, c.species
FROM read_parquet($1) i LEFT JOIN read_parquet($2) c USING (collection_id)
WHERE i.collection_id IN (SELECT unnest($3))
"""

_FIGURES = """
SELECT count(DISTINCT collection_id), count(DISTINCT PatientID), count(DISTINCT StudyInstanceUID),
       count(DISTINCT SeriesInstanceUID)
FROM read_parquet($1)
"""


def _figures(connection: duckdb.DuckDBPyConnection, path: Path) -> Figures:
    row = connection.execute(_FIGURES, [str(path)]).fetchone()
    assert row is not None  # noqa: S101 - an aggregate always gives a row
    return Figures(*(int(number) for number in row))


def _quoted(path: Path) -> str:
    """COPY takes no bound parameter for its file."""
    return "'" + str(path).replace("'", "''") + "'"
