"""An expression as AIP-160 text that the parser reads back."""

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
    Or,
    Scoped,
    Under,
    Value,
    WithinDays,
)


def to_text(expression: Expression) -> str:
    """The text of an expression as it stands, at most MAX_DEPTH deep. Inner AND and OR are in brackets."""
    match expression:
        case Comparison(variable, operator, value):
            return f"{variable} {operator.value} {literal(value)}"
        case In(variable, values):
            return f"in({', '.join((variable, *map(literal, values)))})"
        case Between(variable, low, high):
            return f"between({variable}, {literal(low)}, {literal(high)})"
        case Under(variable, code):
            return f"under({variable}, {literal(code)})"
        case WithinDays(variable, other, days):
            return f"within_days({variable}, {other}, {days})"
        case And(operands):
            return " AND ".join(map(_operand, operands))
        case Or(operands):
            return " OR ".join(map(_operand, operands))
        case Not(operand):
            return f"NOT {_operand(operand)}"
        case Scoped(scope, operand):
            return f"{scope.value}({to_text(operand)})"
        case _:
            assert_never(expression)


def _operand(expression: Expression) -> str:
    text = to_text(expression)
    return f"({text})" if isinstance(expression, And | Or) else text


def literal(value: Value) -> str:
    """One value as the parser reads it: text in double quotes with escapes, the rest bare."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            # A bare star would be a wildcard in AIP-160.
            escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("*", "\\*")
            return f'"{escaped}"'
        case int() | float():
            return repr(value)
        case date():
            return value.isoformat()
        case _:
            assert_never(value)
