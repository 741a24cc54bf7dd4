"""Cohort expressions pass the wire unchanged, and what has no meaning is named."""

from __future__ import annotations

import pytest
from hypothesis import given

from cohort.expression import Expression
from kit.errors import InvalidInput
from kit.wire.expression import decode_expression, encode_expression
from oncordia.cohort.v1.expression_pb2 import Expression as Message
from oncordia.cohort.v1.expression_pb2 import Operands, Scoped
from oncordia.cohort.v1.predicate_pb2 import OPERATOR_EQ, Between, Comparison, Under
from oncordia.cohort.v1.value_pb2 import Value
from tests.unit.cohort.strategies import expressions

LEAF = Message(under=Under(variable="body_part", code="CHEST"))


def negated(message: Message) -> Message:
    outer = Message()
    getattr(outer, "not").CopyFrom(message)
    return outer


def joined(*messages: Message) -> Message:
    outer = Message()
    operands: Operands = getattr(outer, "and")
    operands.operands.extend(messages)
    return outer


def compared(value: Value) -> Message:
    return Message(comparison=Comparison(variable="study_date", operator=OPERATOR_EQ, value=value))


@given(expressions)
def test_an_expression_passes_the_wire_unchanged(expression: Expression) -> None:
    sent = encode_expression(expression).SerializeToString()
    assert decode_expression(Message.FromString(sent)) == expression


@pytest.mark.parametrize(
    ("message", "field", "part"),
    [
        (Message(), "expression", "set one of and, or, not, scoped, comparison, in"),
        (joined(LEAF, Message()), "expression.and.operands[1]", "is empty"),
        (negated(Message()), "expression.not", "is empty"),
        (Message(scoped=Scoped(operand=LEAF)), "expression.scoped.scope", "set SCOPE_STUDY or SCOPE_SUBJECT"),
        (Message(comparison=Comparison(variable="sex")), "expression.comparison.operator", "EQ, NE, LT"),
        (compared(Value()), "expression.comparison.value", "set one of text, integer"),
        (compared(Value(date="2020-02-30")), "expression.comparison.value.date", "YYYY-MM-DD"),
        (compared(Value(date="20200228")), "expression.comparison.value.date", "YYYY-MM-DD"),
        (Message(between=Between(low=Value(integer=1))), "expression.between.high", "is empty"),
    ],
)
def test_a_message_without_a_meaning_is_refused_with_its_field(message: Message, field: str, part: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        decode_expression(message)
    [violation] = caught.value.violations
    assert caught.value.reason == "INVALID_EXPRESSION"
    assert violation.field == field
    assert part in violation.description


def test_the_deepest_expression_allowed_passes_and_one_level_more_is_refused() -> None:
    message = LEAF
    for _ in range(31):
        message = joined(message, LEAF)
    decode_expression(Message.FromString(message.SerializeToString()))
    with pytest.raises(InvalidInput, match="nested deeper than 32 levels"):
        decode_expression(negated(message))
