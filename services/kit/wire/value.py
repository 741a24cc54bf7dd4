"""Literals of a cohort query to and from protobuf."""

from __future__ import annotations

import re
from datetime import date
from typing import assert_never

from cohort.expression import Value
from kit.errors import InvalidInput
from oncordia.cohort.v1 import value_pb2

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def encode_value(value: Value) -> value_pb2.Value:
    """The message of a literal; whole numbers have at most 64 bits."""
    match value:
        case bool():  # before int, which bool is too
            return value_pb2.Value(boolean=value)
        case str():
            return value_pb2.Value(text=value)
        case int():
            return value_pb2.Value(integer=value)
        case float():
            return value_pb2.Value(decimal=value)
        case date():
            return value_pb2.Value(date=value.isoformat())
        case _:
            assert_never(value)


def decode_value(message: value_pb2.Value, field: str) -> Value:
    """The literal of a message. Raises InvalidInput naming `field`, reason INVALID_EXPRESSION."""
    kind = message.WhichOneof("kind")
    match kind:
        case "text":
            return message.text
        case "integer":
            return message.integer
        case "decimal":
            return message.decimal
        case "boolean":
            return message.boolean
        case "date":
            return _date(message.date, f"{field}.date")
        case None:
            raise _invalid(field, "is empty; set one of text, integer, decimal, boolean, date")
        case _:
            assert_never(kind)


def _date(text: str, field: str) -> date:
    if _DATE.fullmatch(text):
        try:
            return date.fromisoformat(text)
        except ValueError:  # the 30th of February
            pass
    raise _invalid(field, "is not a date; write it as YYYY-MM-DD")


def _invalid(field: str, description: str) -> InvalidInput:
    return InvalidInput.of(field, description, "INVALID_EXPRESSION")
