"""Words and strings of a filter as values of a variable."""

from __future__ import annotations

import re
from datetime import date

from cohort.expression import Value
from cohort.variables import ValueType, Variable

# Longer numbers are left as text, which the check then refuses: no type of the data model needs them.
_INTEGER = re.compile(r"-?[0-9]{1,19}")
_DECIMAL = re.compile(r"-?[0-9]{1,30}(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,3})?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def value_of(text: str, variable: Variable | None) -> Value:
    """What the text means for the variable, quoted or not; the text itself where it means nothing to its type."""
    if variable is None:
        return text
    match variable.type:
        case ValueType.INTEGER | ValueType.DECIMAL:
            return _number(text)
        case ValueType.BOOLEAN:
            return {"true": True, "false": False}.get(text, text)
        case ValueType.DATE:
            return _date(text)
        case ValueType.CODE | ValueType.TEXT:
            return text


def whole_number(text: str) -> int | None:
    return int(text) if _INTEGER.fullmatch(text) else None


def _number(text: str) -> Value:
    whole = whole_number(text)
    if whole is not None:
        return whole
    return float(text) if _DECIMAL.fullmatch(text) else text


def _date(text: str) -> Value:
    if _DATE.fullmatch(text):
        try:
            return date.fromisoformat(text)
        except ValueError:  # the 30th of February
            return text
    return text
