"""The typed form of a cohort query.

An expression is evaluated on each series, with the values of its study and subject inherited. Missing values
are unknown, NOT unknown is unknown, and only true counts (three-valued logic, as in SQL).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import Enum

Value = str | int | float | bool | date


class Operator(Enum):
    EQ = "="
    NE = "!="
    LT = "<"
    LE = "<="
    GT = ">"
    GE = ">="


class Scope(Enum):
    STUDY = "study"
    SUBJECT = "subject"


@dataclass(frozen=True, slots=True)
class Comparison:
    """`variable operator value`, for example `age_at_study >= 50`."""

    variable: str
    operator: Operator
    value: Value


@dataclass(frozen=True, slots=True)
class In:
    """`in(variable, value, ...)`: the value is one of the set."""

    variable: str
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Between:
    """`between(variable, low, high)`: both ends belong to the range."""

    variable: str
    low: Value
    high: Value


@dataclass(frozen=True, slots=True)
class Under:
    """`under(variable, code)`: the code or any of its descendants in the variable's hierarchy."""

    variable: str
    code: str


@dataclass(frozen=True, slots=True)
class WithinDays:
    """`within_days(variable, other, days)`: the two dates lie at most that many days apart."""

    variable: str
    other: str
    days: int


@dataclass(frozen=True, slots=True)
class And:
    operands: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Or:
    operands: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Not:
    operand: Expression


@dataclass(frozen=True, slots=True)
class Scoped:
    """`study(e)` or `subject(e)`: some series of the same study or subject matches e. Never unknown."""

    scope: Scope
    operand: Expression


Predicate = Comparison | In | Between | Under | WithinDays
Expression = Predicate | And | Or | Not | Scoped
