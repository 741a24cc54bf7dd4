"""The one form that all spellings of a question have.

Every rewriting keeps the three-valued meaning (Kleene's logic; predicates on a missing value are unknown):
double negation, De Morgan and the order, grouping and repetition of AND and OR hold in it; the negation of a
comparison is the opposite comparison; the negation of a truth value is the other one. Laws that fail for
unknown, such as `p OR NOT p`, are not used.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import assert_never

from cohort.check import InvalidExpressionError, Violation, over_limit, require_valid
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
from cohort.limits import MAX_SET_VALUES, MAX_TEXT_BYTES
from cohort.model_file import data_model
from cohort.text import literal, to_text
from cohort.typed import fitted
from cohort.variables import DataModel
from cohort.walk import ROOT

_OPPOSITE = {
    Operator.EQ: Operator.NE,
    Operator.NE: Operator.EQ,
    Operator.LT: Operator.GE,
    Operator.GE: Operator.LT,
    Operator.GT: Operator.LE,
    Operator.LE: Operator.GT,
}


def canonical(expression: Expression, model: DataModel | None = None) -> Expression:
    """The canonical expression.

    Raises InvalidExpressionError with everything that check() finds, or when the canonical form itself is over
    a limit, so that whatever has a canonical form can also be written as text.
    """
    model = model or data_model()
    require_valid(expression, model)
    form = rewritten(expression, model)
    if (too_large := over_limit(form)) is not None:
        raise InvalidExpressionError((too_large,))
    if len(to_text(form).encode()) > MAX_TEXT_BYTES:
        message = f"is longer than {MAX_TEXT_BYTES} bytes in its canonical form; ask it in parts"
        raise InvalidExpressionError((Violation(ROOT, message),))
    return form


def rewritten(expression: Expression, model: DataModel) -> Expression:
    """The canonical form of an expression that check() has passed, whatever its size."""
    return _Form(model).of(expression, negated=False)


def canonical_text(expression: Expression, model: DataModel | None = None) -> str:
    """The canonical expression as text. Raises as canonical()."""
    return to_text(canonical(expression, model))


def digest(expression: Expression, model: DataModel | None = None) -> str:
    """What names a question: SHA-256, as 64 hexadecimal digits.

    Taken over the data model's major version in decimal, a line feed, and the canonical text in UTF-8.
    Raises as canonical().
    """
    model = model or data_model()
    return digest_of(canonical_text(expression, model), model)


def digest_of(canonical: str, model: DataModel) -> str:
    """The digest of the question with that canonical text."""
    return hashlib.sha256(f"{model.major}\n{canonical}".encode()).hexdigest()


class _Form:
    def __init__(self, model: DataModel) -> None:
        self._model = model

    def of(self, expression: Expression, *, negated: bool) -> Expression:
        """The canonical form of the expression, or of its negation."""
        match expression:
            case Not(operand):
                return self.of(operand, negated=not negated)
            case And(operands):
                parts = [self.of(operand, negated=negated) for operand in operands]
                return _any(parts) if negated else _all(parts)
            case Or(operands):
                parts = [self.of(operand, negated=negated) for operand in operands]
                return _all(parts) if negated else _any(parts)
            case Scoped(scope, operand):
                inner = self.of(operand, negated=False)
                same = isinstance(inner, Scoped) and inner.scope is scope
                return _not(inner if same else Scoped(scope, inner), negated)
            case Comparison(variable, operator, value):
                return self._comparison(variable, _OPPOSITE[operator] if negated else operator, value)
            case In(variable, values):
                return _set(variable, (self._value(variable, value) for value in values), negated)
            case Between(variable, low, high):
                return self._between(variable, low, high, negated)
            case Under(variable, code):
                return _not(Under(variable, str(self._value(variable, code))), negated)
            case WithinDays(variable, other, days):
                return _not(WithinDays(min(variable, other), max(variable, other), days), negated)
            case _:
                assert_never(expression)

    def _value(self, variable: str, value: Value) -> Value:
        return fitted(self._model.get(variable), value)

    def _comparison(self, variable: str, operator: Operator, value: Value) -> Expression:
        value = self._value(variable, value)
        if isinstance(value, bool) and operator is Operator.NE:
            return Comparison(variable, Operator.EQ, not value)
        return Comparison(variable, operator, value)

    def _between(self, variable: str, low: Value, high: Value, negated: bool) -> Expression:
        low, high = self._value(variable, low), self._value(variable, high)
        if low == high:
            return Comparison(variable, Operator.NE if negated else Operator.EQ, low)
        return _not(Between(variable, low, high), negated)


def _not(expression: Expression, negated: bool) -> Expression:
    return Not(expression) if negated else expression


def _set(variable: str, values: Iterable[Value], negated: bool) -> Expression:
    """Membership of a set of fitted values, or its negation; a comparison where one value is left."""
    unique = sorted(set(values), key=_order)
    if len(unique) > 1:
        return _not(In(variable, tuple(unique)), negated)
    [value] = unique
    if isinstance(value, bool):
        return Comparison(variable, Operator.EQ, value is not negated)
    return Comparison(variable, Operator.NE if negated else Operator.EQ, value)


def _order(value: Value) -> tuple[float, str]:
    # The values of one set are of one type: numbers sort by size, the rest by their text.
    number = value if isinstance(value, int | float) else 0
    return (number, literal(value))


def _any(parts: list[Expression]) -> Expression:
    """One of the parts. `a = 1 OR a = 2` is a set, as in(a, 1, 2) is."""
    operands = _merged(_flat(parts, Or), negated=False)
    return operands[0] if len(operands) == 1 else Or(operands)


def _all(parts: list[Expression]) -> Expression:
    """All of the parts. `a != 1 AND a != 2` is the negation of a set."""
    operands = _merged(_flat(parts, And), negated=True)
    return operands[0] if len(operands) == 1 else And(operands)


def _flat(parts: list[Expression], kind: type[And] | type[Or]) -> list[Expression]:
    flat: list[Expression] = []
    for part in parts:
        # `parts` are canonical, so an inner one of the same kind is flat already.
        flat.extend(part.operands if isinstance(part, kind) else (part,))
    return flat


def _merged(parts: list[Expression], *, negated: bool) -> tuple[Expression, ...]:
    """The parts in order of their text, each once, with the sets of each variable made one."""
    sets: dict[str, set[Value]] = {}
    rest: list[Expression] = []
    for part in parts:
        match _as_set(part, negated):
            case In(variable, values):
                sets.setdefault(variable, set()).update(values)
            case None:
                rest.append(part)
    for variable, united in sets.items():
        if len(united) <= MAX_SET_VALUES:
            rest.append(_set(variable, united, negated))
        else:
            rest.extend(part for part in parts if (s := _as_set(part, negated)) and s.variable == variable)
    by_text = {to_text(part): part for part in rest}
    return tuple(by_text[text] for text in sorted(by_text))


def _as_set(part: Expression, negated: bool) -> In | None:
    """The set that a part tests, or whose negation it tests where `negated`; None for any other part."""
    match part:
        case Not(In() as inner) if negated:
            return inner
        case In() if not negated:
            return part
        case Comparison(variable, Operator.NE, value) if negated:
            return In(variable, (value,))
        case Comparison(variable, Operator.EQ, value) if not negated:
            return In(variable, (value,))
        case _:
            return None
