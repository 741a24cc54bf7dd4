"""Whether an expression makes sense in the data model: variables and codes known, operators and types fit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import assert_never

from cohort.code_list import CodeList
from cohort.errors import CohortError, UnknownVariableError
from cohort.expression import (
    And,
    Between,
    Comparison,
    Expression,
    In,
    Not,
    Operator,
    Or,
    Scoped,
    Under,
    Value,
    WithinDays,
)
from cohort.limits import MAX_DAYS, MAX_DEPTH, MAX_PREDICATES, MAX_SET_VALUES, MAX_VIOLATIONS
from cohort.typed import MisfitError, fitted
from cohort.variables import DataModel, ValueType, Variable
from cohort.walk import ROOT, Node, walk

_ORDERED = (ValueType.INTEGER, ValueType.DECIMAL, ValueType.DATE)


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing that is wrong: where (`filter.operands[1].value`), and a sentence for who asked."""

    path: str
    message: str


class InvalidExpressionError(CohortError):
    """An expression with at least one violation."""

    def __init__(self, violations: tuple[Violation, ...]) -> None:
        self.violations = violations
        super().__init__("; ".join(f"{violation.path}: {violation.message}" for violation in violations))


def require_valid(expression: Expression, model: DataModel) -> None:
    """Raises InvalidExpressionError with all violations, if there are any."""
    violations = check(expression, model)
    if violations:
        raise InvalidExpressionError(violations)


def check(expression: Expression, model: DataModel) -> tuple[Violation, ...]:
    """Everything that is wrong, in the order of the text, up to MAX_VIOLATIONS.

    An expression over a size limit is looked at no further.
    """
    if (too_large := over_limit(expression)) is not None:
        return (too_large,)
    found = (violation for node in walk(expression) for violation in _node(node, model))
    return tuple(islice(found, MAX_VIOLATIONS))


def over_limit(expression: Expression) -> Violation | None:
    """The first size limit that the expression is over, or None."""
    predicates = 0
    for node in walk(expression):
        if node.depth > MAX_DEPTH:
            return Violation(ROOT, f"is nested deeper than {MAX_DEPTH} levels; write it with fewer brackets")
        match node.expression:
            case And() | Or() | Not() | Scoped():
                continue
            case In(_, values) if len(values) > MAX_SET_VALUES:
                return Violation(
                    f"{node.path}.values", f"has {len(values)} values; at most {MAX_SET_VALUES} are allowed"
                )
        predicates += 1
        if predicates > MAX_PREDICATES:
            return Violation(ROOT, f"has more than {MAX_PREDICATES} predicates; use in() for sets of values")
    return None


def _node(node: Node, model: DataModel) -> Iterator[Violation]:
    path, expression = node.path, node.expression
    match expression:
        case And(operands) | Or(operands):
            if len(operands) < 2:
                yield Violation(f"{path}.operands", f"has {len(operands)} operands; AND and OR join at least 2")
        case Not() | Scoped():
            pass
        case Comparison() | In() | Between() | Under() | WithinDays():
            try:
                variable = model.get(expression.variable)
            except UnknownVariableError as error:
                yield Violation(f"{path}.variable", str(error))
                return
            yield from _predicate(path, expression, variable, model)
        case _:
            assert_never(expression)


def _predicate(
    path: str, predicate: Comparison | In | Between | Under | WithinDays, variable: Variable, model: DataModel
) -> Iterator[Violation]:
    match predicate:
        case Comparison(_, operator, value):
            if operator not in (Operator.EQ, Operator.NE) and variable.type not in _ORDERED:
                yield Violation(f"{path}.operator", _no_order(variable, operator.value))
            yield from _value(f"{path}.value", variable, value)
        case In(_, values):
            if not values:
                yield Violation(f"{path}.values", "is empty; in() takes at least one value")
            for i, value in enumerate(values):
                yield from _value(f"{path}.values[{i}]", variable, value)
        case Between(_, low, high):
            yield from _range(path, variable, low, high)
        case Under(_, code):
            if variable.codes is None or not _has_hierarchy(variable.codes):
                message = f"{variable.name} has no hierarchy of codes for under(); write = or in()"
                yield Violation(f"{path}.variable", message)
            else:
                yield from _value(f"{path}.code", variable, code)
        case WithinDays(_, other, days):
            yield from _days(path, variable, other, days, model)
        case _:
            assert_never(predicate)


def _value(path: str, variable: Variable, value: Value) -> Iterator[Violation]:
    try:
        fitted(variable, value)
    except MisfitError as error:
        yield Violation(path, str(error))


def _range(path: str, variable: Variable, low: Value, high: Value) -> Iterator[Violation]:
    if variable.type not in _ORDERED:
        yield Violation(f"{path}.variable", _no_order(variable, "between()"))
        return
    misfits = [*_value(f"{path}.low", variable, low), *_value(f"{path}.high", variable, high)]
    yield from misfits
    if not misfits and _greater(fitted(variable, low), fitted(variable, high)):
        yield Violation(path, f"has its ends the wrong way round: write between({variable.name}, {high}, {low})")


def _days(path: str, variable: Variable, other: str, days: int, model: DataModel) -> Iterator[Violation]:
    if variable.type is not ValueType.DATE:
        yield Violation(f"{path}.variable", _no_date(variable, model))
    try:
        if model.get(other).type is not ValueType.DATE:
            yield Violation(f"{path}.other", _no_date(model.get(other), model))
    except UnknownVariableError as error:
        yield Violation(f"{path}.other", str(error))
    if isinstance(days, bool) or not 0 <= days <= MAX_DAYS:
        yield Violation(f"{path}.days", f"must be a whole number of days from 0 to {MAX_DAYS}")


def _greater(low: Value, high: Value) -> bool:
    # fitted() has made both ends the same type; the pairs say so to the type checker.
    match low, high:
        case ((int() | float()), (int() | float())):
            return low > high
        case date_low, date_high if not isinstance(date_low, str | int | float) and not isinstance(
            date_high, str | int | float
        ):
            return date_low > date_high
        case _:
            return False


def _has_hierarchy(codes: CodeList) -> bool:
    return any(code.parents for code in codes)


def _no_order(variable: Variable, asked: str) -> str:
    return f"{variable.name} is of type {variable.type.value}, without an order for {asked}; write =, != or in()"


def _no_date(variable: Variable, model: DataModel) -> str:
    dates = ", ".join(v.name for v in model if v.type is ValueType.DATE)
    kind = variable.type.value
    return f"within_days() compares two dates, and {variable.name} is of type {kind}; dates are {dates}"
