"""The meaning of an expression, computed in the plainest way: three-valued, over rows of series."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import assert_never

from cohort.expression import (
    And,
    Between,
    Comparison,
    Expression,
    In,
    Not,
    Operator,
    Or,
    Scope,
    Scoped,
    Under,
    Value,
    WithinDays,
)
from cohort.model_file import data_model
from cohort.typed import fitted

MODEL = data_model()

FALSE, UNKNOWN, TRUE = 0, 1, 2
"""Kleene's truth values in order: AND is their minimum, OR their maximum, NOT the distance from TRUE."""


@dataclass(frozen=True)
class Row:
    """One series with its study and subject; a variable that is not in `values` is missing. A subject without
    images is a row without a study."""

    subject: int
    study: int | None
    values: dict[str, Value]


def truth(expression: Expression, row: Row, rows: Sequence[Row]) -> int:
    match expression:
        case And(operands):
            return min(truth(operand, row, rows) for operand in operands)
        case Or(operands):
            return max(truth(operand, row, rows) for operand in operands)
        case Not(operand):
            return TRUE - truth(operand, row, rows)
        case Scoped(scope, operand):
            near = [other for other in rows if _same(scope, row, other)]
            return TRUE if any(truth(operand, other, rows) == TRUE for other in near) else FALSE
        case WithinDays(variable, other, days):
            first, second = row.values.get(variable), row.values.get(other)
            if not isinstance(first, date) or not isinstance(second, date):
                return UNKNOWN
            return TRUE if abs((first - second).days) <= days else FALSE
        case Comparison(variable) | In(variable) | Between(variable) | Under(variable):
            value = row.values.get(variable)
            return UNKNOWN if value is None else TRUE if _holds(expression, value) else FALSE
        case _:
            assert_never(expression)


def _same(scope: Scope, row: Row, other: Row) -> bool:
    if scope is Scope.SUBJECT:
        return row.subject == other.subject
    return row.study is not None and row.study == other.study


def _holds(predicate: Comparison | In | Between | Under, value: Value) -> bool:
    variable = MODEL.get(predicate.variable)
    match predicate:
        case Comparison(_, operator, given):
            return _compare(operator, value, fitted(variable, given))
        case In(_, values):
            return value in {fitted(variable, given) for given in values}
        case Between(_, low, high):
            low, high = fitted(variable, low), fitted(variable, high)
            return _compare(Operator.GE, value, low) and _compare(Operator.LE, value, high)
        case Under(_, code):
            assert variable.codes is not None
            return value in variable.codes.descendants(code)
        case _:
            assert_never(predicate)


def _compare(operator: Operator, value: Value, given: Value) -> bool:
    left, right = _number(value, operator), _number(given, operator)
    match operator:
        case Operator.EQ:
            return value == given
        case Operator.NE:
            return value != given
        case Operator.LT:
            return left < right
        case Operator.LE:
            return left <= right
        case Operator.GT:
            return left > right
        case Operator.GE:
            return left >= right
        case _:
            assert_never(operator)


def _number(value: Value, operator: Operator) -> float:
    if operator in (Operator.EQ, Operator.NE):
        return 0
    if isinstance(value, date):
        return value.toordinal()
    assert isinstance(value, int | float)
    return value
