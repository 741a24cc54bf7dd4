"""How local columns become variables of the common data model: what a mapping file says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

DERIVED = ("collection", "series_count")
"""Variables that the node works out from the identifiers; they are not mapped."""


class Format(Enum):
    PARQUET = "parquet"
    CSV = "csv"
    DICOM = "dicom"


class Reading(Enum):
    """How a local spelling is read."""

    CODE = "code"
    TEXT = "text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    BOOLEAN = "boolean"
    DATE = "date"
    YEAR = "year"
    DICOM_AGE = "dicom_age"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the source; for DICOM the keyword of an attribute."""

    name: str


@dataclass(frozen=True, slots=True)
class Constant:
    """The same value for every row."""

    value: str


@dataclass(frozen=True, slots=True)
class VariableMapping:
    """`overrides`: local spellings with the spelling to read in their place, before anything else is tried.

    `approximation`: why the mapped values are only near the truth, shown to askers; None when they are true.
    """

    variable: str
    origin: Column | Constant
    reading: Reading
    overrides: Mapping[str, str] = field(default_factory=dict)
    approximation: str | None = None


@dataclass(frozen=True, slots=True)
class SourceMapping:
    """One table, or one folder of DICOM files. A subject is unique within a collection.

    `path`: a pattern of files below the data folder; for DICOM a folder. Rows without a series add to what is
    known of their subject; a subject with no series at all is one row that counts no series.
    """

    format: Format
    path: str
    collection: Column | Constant
    subject: Column
    study: Column | None
    series: Column | None
    variables: tuple[VariableMapping, ...]


@dataclass(frozen=True, slots=True)
class DataMapping:
    """At least one source. `origin` names the mapping file in errors."""

    origin: str
    sources: tuple[SourceMapping, ...]

    def variables(self) -> tuple[str, ...]:
        """All variables that some source maps, each once."""
        return tuple(dict.fromkeys(v.variable for source in self.sources for v in source.variables))

    def approximation(self, variable: str) -> str | None:
        """The provider's reasons, when any source maps the variable only approximately."""
        reasons = dict.fromkeys(
            v.approximation
            for source in self.sources
            for v in source.variables
            if v.variable == variable and v.approximation is not None
        )
        return "; ".join(reasons) or None
