"""A cohort query as an English sentence, for people to check that it says what they meant."""

from __future__ import annotations

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
from cohort.variables import DataModel, ValueType, Variable

_WORDS = {
    Operator.EQ: "is",
    Operator.NE: "is not",
    Operator.LT: "is less than",
    Operator.LE: "is at most",
    Operator.GT: "is more than",
    Operator.GE: "is at least",
}
_DATE_WORDS = {
    Operator.EQ: "is",
    Operator.NE: "is not",
    Operator.LT: "is before",
    Operator.LE: "is on or before",
    Operator.GT: "is after",
    Operator.GE: "is on or after",
}
_SHOWN_VALUES = 5


def describe(expression: Expression, model: DataModel | None = None) -> str:
    """A sentence about the series that match an expression which check() has passed."""
    return f"Series where {_Words(model or data_model()).of(expression)}."


class _Words:
    def __init__(self, model: DataModel) -> None:
        self._model = model

    def of(self, expression: Expression) -> str:
        match expression:
            case And(operands):
                return " and ".join(map(self._part, operands))
            case Or(operands):
                return "either " + " or ".join(map(self._part, operands))
            case Not(operand):
                return f"it is not so that {self._part(operand)}"
            case Scoped(scope, operand):
                whose = "the same study" if scope is Scope.STUDY else "the same subject"
                return f"some series of {whose} is one where {self._part(operand)}"
            case Comparison(variable, operator, value):
                known = self._model.get(variable)
                words = _DATE_WORDS if known.type is ValueType.DATE else _WORDS
                return f"the {known.label} {words[operator]} {_value(known, value)}"
            case In(variable, values):
                known = self._model.get(variable)
                return f"the {known.label} is {_one_of([_value(known, value) for value in values])}"
            case Between(variable, low, high):
                known = self._model.get(variable)
                return f"the {known.label} is from {_value(known, low)} to {_value(known, high)}"
            case Under(variable, code):
                known = self._model.get(variable)
                return f"the {known.label} is {_value(known, code)} or anything below it"
            case WithinDays(variable, other, days):
                labels = f"the {self._model.get(variable).label} and the {self._model.get(other).label}"
                return f"{labels} lie at most {days} day{'s' * (days != 1)} apart"
            case _:
                assert_never(expression)

    def _part(self, expression: Expression) -> str:
        words = self.of(expression)
        return f"({words})" if isinstance(expression, And | Or) else words


def _one_of(values: list[str]) -> str:
    if len(values) == 1:
        return values[0]
    if len(values) > _SHOWN_VALUES:
        return f"one of {len(values)} values ({', '.join(values[:_SHOWN_VALUES])}, …)"
    return f"{', '.join(values[:-1])} or {values[-1]}"


def _value(variable: Variable, value: Value) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            code = variable.codes.find(value) if variable.codes else None
            return f'"{value}"' if code is None else f"{code.label} ({code.code})"
        case int() | float():
            return f"{value} {variable.unit}" if variable.unit else str(value)
        case date():
            return value.isoformat()
        case _:
            assert_never(value)
