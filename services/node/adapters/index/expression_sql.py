"""A canonical expression as SQL over the table `series`. Values are parameters only; names are the model's
own.

SQL's AND, OR, NOT and comparisons with NULL are the three-valued logic that the language is defined by.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
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
from cohort.variables import DataModel, ValueType
from node.adapters.index.sql_text import name
from node.adapters.index.value_lookups import column_type

_OPERATORS = {
    Operator.EQ: "=",
    Operator.NE: "<>",
    Operator.LT: "<",
    Operator.LE: "<=",
    Operator.GT: ">",
    Operator.GE: ">=",
}


@dataclass(frozen=True, slots=True)
class Condition:
    """SQL text with `?` for each of its parameters, in order."""

    sql: str
    parameters: tuple[Value, ...] = ()


class ExpressionSql:
    """`stored_codes`: the codes that each code column of the snapshot can hold, which may be of an older
    list.
    """

    def __init__(self, model: DataModel, stored_codes: Mapping[str, frozenset[str]]) -> None:
        self._model = model
        self._stored_codes = stored_codes

    def condition(self, expression: Expression) -> Condition:
        """True, false or NULL for each row of `series`, as the expression is true, false or unknown."""
        match expression:
            case And(operands):
                return self._joined(" AND ", operands)
            case Or(operands):
                return self._joined(" OR ", operands)
            case Not(operand):
                inner = self.condition(operand)
                return Condition(f"(NOT {inner.sql})", inner.parameters)
            case Scoped(scope, operand):
                return self._scoped(scope, self.condition(operand))
            case Comparison(variable, operator, value):
                return self._comparison(variable, operator, value)
            case In(variable, values):
                return self._in(variable, values)
            case Between(variable, low, high):
                return Condition(f"({name(variable)} BETWEEN ? AND ?)", (low, high))
            case Under(variable, code):
                codes = self._model.get(variable).codes
                return self._in(variable, sorted(codes.descendants(code)) if codes is not None else ())
            case WithinDays(variable, other, days):
                return Condition(f"(abs({name(variable)} - {name(other)}) <= ?)", (days,))
            case _:
                assert_never(expression)

    def _scoped(self, scope: Scope, inner: Condition) -> Condition:
        # Keys are never NULL and WHERE takes only true, so this is never unknown. The row of a subject without
        # images has a study key of its own, but no study.
        key = scope.value
        in_a_study = "counted_series = 1 AND " if scope is Scope.STUDY else ""
        matching = f"SELECT {key} FROM series WHERE {in_a_study}{inner.sql}"  # noqa: S608
        return Condition(f"({key} IN ({matching}))", inner.parameters)

    def _joined(self, word: str, operands: tuple[Expression, ...]) -> Condition:
        parts = [self.condition(operand) for operand in operands]
        return Condition(f"({word.join(p.sql for p in parts)})", tuple(v for p in parts for v in p.parameters))

    def _comparison(self, variable: str, operator: Operator, value: Value) -> Condition:
        match operator:
            case Operator.EQ:
                return self._in(variable, (value,))
            case Operator.NE:
                equal = self._in(variable, (value,))
                return Condition(f"(NOT {equal.sql})", equal.parameters)
            case _:
                return Condition(f"({name(variable)} {_OPERATORS[operator]} ?)", (value,))

    def _in(self, variable: str, values: Iterable[Value]) -> Condition:
        column = name(variable)
        if self._model.get(variable).type is not ValueType.CODE:
            held = tuple(values)
            slot = "?"
        else:
            held = tuple(value for value in values if value in self._stored_codes.get(variable, ()))
            slot = f"CAST(? AS {column_type(self._model.get(variable))})"
        if not held:
            # No row can have such a value: false where there is one, unknown where there is none.
            return Condition(f"(CASE WHEN {column} IS NOT NULL THEN false END)")
        return Condition(f"({column} IN ({', '.join([slot] * len(held))}))", held)
