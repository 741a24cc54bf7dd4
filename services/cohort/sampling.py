"""Values that tell all conditions on one variable apart.

Conditions on one variable only change their truth at the values that they name. So it is enough to try those,
their neighbours and the ends of what can be true: a condition that holds at none of them never holds.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from itertools import pairwise

from cohort.expression import And, Between, Comparison, Expression, In, Not, Operator, Or, Under, Value
from cohort.typed import fitted
from cohort.variables import ValueType, Variable
from cohort.walk import walk

_DAY = timedelta(days=1)


def samples(variable: Variable, conditions: Iterable[Expression]) -> tuple[Value, ...]:
    """Values of the variable that can be true, one at least for each way the conditions can turn out."""
    named = {fitted(variable, value) for condition in conditions for value in _named(condition)}
    match variable.type:
        case ValueType.CODE:
            return tuple(variable.codes.codes) if variable.codes else ()
        case ValueType.BOOLEAN:
            return (False, True)
        case ValueType.TEXT:
            return (*named, "\0")  # a text that no query can name stands for all others
        case ValueType.INTEGER | ValueType.DECIMAL | ValueType.DATE:
            return tuple(value for value in _around(variable, named) if _can_be(variable, value))


def _named(condition: Expression) -> Iterable[Value]:
    for node in walk(condition):
        match node.expression:
            case Comparison(_, _, value):
                yield value
            case In(_, values):
                yield from values
            case Between(_, low, high):
                yield from (low, high)


def _around(variable: Variable, named: set[Value]) -> set[Value]:
    ends = [end for end in (variable.minimum, variable.maximum) if end is not None]
    found: set[Value] = {*ends}
    numbers = sorted(value for value in named if isinstance(value, int | float))
    found.update(number + step for number in numbers for step in (-1, 0, 1))
    if variable.type is ValueType.DECIMAL:
        found.update((low + high) / 2 for low, high in pairwise(numbers))
    for day in named:
        if isinstance(day, date):
            found.add(day)
            found.update([day - _DAY] if day > date.min else [])
            found.update([day + _DAY] if day < date.max else [])
    return found


def _can_be(variable: Variable, value: Value) -> bool:
    return not _before(value, variable.minimum) and not _before(variable.maximum, value)


def _before(left: Value | None, right: Value | None) -> bool:
    match left, right:
        case ((int() | float()), (int() | float())):
            return left < right
        case date(), date():
            return left < right
        case _:
            return False


def holds(condition: Expression, variable: Variable, value: Value) -> bool:
    """Whether a condition on this variable alone, in canonical form and without scopes, holds for the value."""
    match condition:
        case And(operands):
            return all(holds(operand, variable, value) for operand in operands)
        case Or(operands):
            return any(holds(operand, variable, value) for operand in operands)
        case Not(operand):
            return not holds(operand, variable, value)
        case Comparison(_, operator, given):
            return _compares(operator, value, given)
        case In(_, values):
            return value in values
        case Between(_, low, high):
            return not _before(value, low) and not _before(high, value)
        case Under(_, code):
            return variable.codes is not None and value in variable.codes.descendants(code)
        case _:
            raise TypeError(f"{type(condition).__name__} is no condition on one variable")


def _compares(operator: Operator, value: Value, given: Value) -> bool:
    match operator:
        case Operator.EQ:
            return value == given
        case Operator.NE:
            return value != given
        case Operator.LT:
            return _before(value, given)
        case Operator.LE:
            return not _before(given, value)
        case Operator.GT:
            return _before(given, value)
        case Operator.GE:
            return not _before(value, given)
