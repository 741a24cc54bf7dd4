"""The common data model: the variables that a cohort query may ask about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import Enum

from cohort.code_list import CodeList
from cohort.errors import UnknownVariableError, did_you_mean, shown


class ValueType(Enum):
    CODE = "code"
    INTEGER = "integer"
    DECIMAL = "decimal"
    BOOLEAN = "boolean"
    DATE = "date"
    TEXT = "text"


class Level(Enum):
    """What a value is a property of; a series inherits the values of its study and its subject."""

    SUBJECT = "subject"
    STUDY = "study"
    SERIES = "series"


Bound = int | float | date


@dataclass(frozen=True)
class Variable:
    """One variable. Type CODE has `codes`, no other type has.

    Values outside of minimum..maximum (both are allowed) can't be true: a node leaves them unmapped.
    """

    name: str
    type: ValueType
    level: Level
    labels: Mapping[str, str]
    source: str
    system: str | None = None
    unit: str | None = None
    minimum: Bound | None = None
    maximum: Bound | None = None
    codes: CodeList | None = None

    @property
    def label(self) -> str:
        """The English label."""
        return self.labels["en"]


@dataclass(frozen=True)
class DataModel:
    """All variables of one version (semver), by name, in their order."""

    version: str
    variables: Mapping[str, Variable]

    @property
    def major(self) -> int:
        """The part of the version that changes when a code or a variable gets another meaning."""
        return int(self.version.split(".")[0])

    def __iter__(self) -> Iterator[Variable]:
        return iter(self.variables.values())

    def __contains__(self, name: str) -> bool:
        return name in self.variables

    def get(self, name: str) -> Variable:
        """The variable of that name. Raises UnknownVariableError, with near spellings."""
        variable = self.variables.get(name)
        if variable is None:
            hint = did_you_mean(name, self.variables) or f" Known are {', '.join(self.variables)}."
            raise UnknownVariableError(f"the data model {self.version} has no variable {shown(name)}.{hint}")
        return variable
