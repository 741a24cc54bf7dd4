"""Cohort expressions to and from protobuf. Shape only: whether an expression makes sense is cohort.check's matter."""

from __future__ import annotations

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
    WithinDays,
)
from cohort.limits import MAX_DEPTH
from kit.errors import InvalidInput
from kit.wire.value import decode_value, encode_value
from oncordia.cohort.v1 import expression_pb2, predicate_pb2

_OPERATORS = {
    Operator.EQ: predicate_pb2.OPERATOR_EQ,
    Operator.NE: predicate_pb2.OPERATOR_NE,
    Operator.LT: predicate_pb2.OPERATOR_LT,
    Operator.LE: predicate_pb2.OPERATOR_LE,
    Operator.GT: predicate_pb2.OPERATOR_GT,
    Operator.GE: predicate_pb2.OPERATOR_GE,
}
_SCOPES = {Scope.STUDY: expression_pb2.SCOPE_STUDY, Scope.SUBJECT: expression_pb2.SCOPE_SUBJECT}
_OPERATOR_OF = {number: operator for operator, number in _OPERATORS.items()}
_SCOPE_OF = {number: scope for scope, number in _SCOPES.items()}


def encode_expression(expression: Expression) -> expression_pb2.Expression:
    """The message of an expression that check() has passed."""
    message = expression_pb2.Expression()
    match expression:
        case And(operands) | Or(operands):
            # `and`, `or`, `not` and `in` are Python's words, so these fields have no attribute to write.
            joined: expression_pb2.Operands = getattr(message, "and" if isinstance(expression, And) else "or")
            joined.operands.extend(map(encode_expression, operands))
        case Not(operand):
            negated: expression_pb2.Expression = getattr(message, "not")
            negated.CopyFrom(encode_expression(operand))
        case Scoped(scope, operand):
            message.scoped.scope = _SCOPES[scope]
            message.scoped.operand.CopyFrom(encode_expression(operand))
        case Comparison(variable, operator, value):
            message.comparison.variable = variable
            message.comparison.operator = _OPERATORS[operator]
            message.comparison.value.CopyFrom(encode_value(value))
        case In(variable, values):
            member: predicate_pb2.In = getattr(message, "in")
            member.variable = variable
            member.values.extend(map(encode_value, values))
        case Between(variable, low, high):
            message.between.variable = variable
            message.between.low.CopyFrom(encode_value(low))
            message.between.high.CopyFrom(encode_value(high))
        case Under(variable, code):
            message.under.variable = variable
            message.under.code = code
        case WithinDays(variable, other, days):
            message.within_days.variable = variable
            message.within_days.other = other
            message.within_days.days = days
        case _:
            assert_never(expression)
    return message


def decode_expression(message: expression_pb2.Expression, field: str = "expression") -> Expression:
    """The expression of a message, whose path in the request is `field`.

    Raises InvalidInput, reason INVALID_EXPRESSION, naming the first field without a meaning: nothing set where
    something has to be, an unknown operator or scope, a date that isn't one, more than MAX_DEPTH levels.
    """
    return _decode(message, field, 1)


def _decode(message: expression_pb2.Expression, field: str, depth: int) -> Expression:
    if depth > MAX_DEPTH:
        raise _invalid(field, f"the expression is nested deeper than {MAX_DEPTH} levels")
    kind = message.WhichOneof("kind")
    match kind:
        case None:
            known = ", ".join(option.name for option in message.DESCRIPTOR.oneofs_by_name["kind"].fields)
            raise _invalid(field, f"is empty; set one of {known}")
        case "and" | "or":
            joined: expression_pb2.Operands = getattr(message, kind)
            operands = tuple(
                _decode(operand, f"{field}.{kind}.operands[{i}]", depth + 1)
                for i, operand in enumerate(joined.operands)
            )
            return And(operands) if kind == "and" else Or(operands)
        case "not":
            return Not(_decode(getattr(message, kind), f"{field}.not", depth + 1))
        case "scoped":
            scope = _SCOPE_OF.get(message.scoped.scope)
            if scope is None:
                raise _invalid(f"{field}.scoped.scope", "is not a scope; set SCOPE_STUDY or SCOPE_SUBJECT")
            return Scoped(scope, _decode(message.scoped.operand, f"{field}.scoped.operand", depth + 1))
        case "comparison" | "in" | "between" | "under" | "within_days":
            return _predicate(message, f"{field}.{kind}")
        case _:
            assert_never(kind)


def _predicate(message: expression_pb2.Expression, field: str) -> Comparison | In | Between | Under | WithinDays:
    if message.HasField("comparison"):
        comparison = message.comparison
        operator = _OPERATOR_OF.get(comparison.operator)
        if operator is None:
            known = ", ".join(operator.name for operator in Operator)
            raise _invalid(f"{field}.operator", f"is not an operator; set OPERATOR_ and one of {known}")
        return Comparison(comparison.variable, operator, decode_value(comparison.value, f"{field}.value"))
    if message.HasField("between"):
        low = decode_value(message.between.low, f"{field}.low")
        return Between(message.between.variable, low, decode_value(message.between.high, f"{field}.high"))
    if message.HasField("under"):
        return Under(message.under.variable, message.under.code)
    if message.HasField("within_days"):
        near = message.within_days
        return WithinDays(near.variable, near.other, near.days)
    member: predicate_pb2.In = getattr(message, "in")
    values = (decode_value(value, f"{field}.values[{i}]") for i, value in enumerate(member.values))
    return In(member.variable, tuple(values))


def _invalid(field: str, description: str) -> InvalidInput:
    return InvalidInput.of(field, description, "INVALID_EXPRESSION")
