"""Ways through an expression, without recursion."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from cohort.expression import And, Between, Comparison, Expression, In, Not, Or, Scoped, Under, WithinDays

ROOT = "filter"
"""The path of the whole expression; parts are named like `filter.operands[1].value`."""


class Node(NamedTuple):
    path: str
    expression: Expression
    depth: int


def children(expression: Expression) -> tuple[tuple[str, Expression], ...]:
    """The direct parts, each with the end of its path."""
    match expression:
        case And(operands) | Or(operands):
            return tuple((f".operands[{i}]", operand) for i, operand in enumerate(operands))
        case Not(operand) | Scoped(_, operand):
            return ((".operand", operand),)
        case Comparison() | In() | Between() | Under() | WithinDays():
            return ()


def walk(expression: Expression, path: str = ROOT) -> Iterator[Node]:
    """The expression and all its parts, each before its own parts, in the order of the text."""
    waiting = [Node(path, expression, 1)]
    while waiting:
        node = waiting.pop()
        yield node
        parts = children(node.expression)
        waiting.extend(Node(node.path + end, part, node.depth + 1) for end, part in reversed(parts))


def variables(expression: Expression) -> frozenset[str]:
    """The names of all variables that the expression asks about."""
    return frozenset(name for node in walk(expression) for name in _named(node.expression))


def _named(expression: Expression) -> tuple[str, ...]:
    match expression:
        case WithinDays(variable, other, _):
            return (variable, other)
        case Comparison(variable) | In(variable) | Between(variable) | Under(variable):
            return (variable,)
        case _:
            return ()
