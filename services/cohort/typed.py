"""Literals of a query fitted to the type of their variable."""

from __future__ import annotations

import math
import unicodedata
from datetime import date, datetime
from typing import assert_never

from cohort.errors import CohortError, shown
from cohort.expression import Value
from cohort.limits import MAX_VALUE_CHARS
from cohort.variables import ValueType, Variable

_INT64 = range(-(2**63), 2**63)
_EXACT_IN_DOUBLE = 2**53


class MisfitError(CohortError):
    """A value that the variable can't have. Its text says what the variable takes."""


def fitted(variable: Variable, value: Value) -> Value:
    """The value in the one form that its variable's type has.

    Codes in the spelling of their list, whole numbers as int, decimal numbers as float, the rest as given.
    Raises MisfitError.
    """
    match variable.type:
        case ValueType.CODE:
            return _code(variable, value)
        case ValueType.TEXT:
            return _text(variable, value)
        case ValueType.INTEGER:
            return _integer(variable, value)
        case ValueType.DECIMAL:
            return _decimal(variable, value)
        case ValueType.BOOLEAN:
            if isinstance(value, bool):
                return value
            raise _misfit(variable, "true or false", value)
        case ValueType.DATE:
            if isinstance(value, date) and not isinstance(value, datetime):
                return value
            raise _misfit(variable, "a date such as 2020-12-31", value)
        case _:
            assert_never(variable.type)


def _misfit(variable: Variable, wanted: str, value: Value) -> MisfitError:
    return MisfitError(f"{variable.name} takes {wanted}, not {_shown(value)}")


def _shown(value: Value) -> str:
    if isinstance(value, str):
        return f"the text {shown(value)}"
    # A number may have thousands of digits, which Python refuses to print.
    if isinstance(value, int) and value not in _INT64:
        return "a number of more than 64 bits"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _code(variable: Variable, value: Value) -> str:
    if not isinstance(value, str):
        raise _misfit(variable, "one of its codes", value)
    if variable.codes is None:
        raise MisfitError(f"{variable.name} has no code list")
    try:
        return variable.codes.get(value).code
    except CohortError as error:
        raise MisfitError(f"{variable.name}: {error}") from None


def _text(variable: Variable, value: Value) -> str:
    if not isinstance(value, str):
        raise _misfit(variable, "text in quotes", value)
    if not 1 <= len(value) <= MAX_VALUE_CHARS:
        raise MisfitError(f"{variable.name} takes text of 1 to {MAX_VALUE_CHARS} characters, not {len(value)}")
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in value):
        raise MisfitError(f"{variable.name} takes text without control characters")
    return value


def _integer(variable: Variable, value: Value) -> int:
    if isinstance(value, float) and value.is_integer() and abs(value) <= _EXACT_IN_DOUBLE:
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool) and value in _INT64:
        return value
    raise _misfit(variable, "a whole number", value)


def _decimal(variable: Variable, value: Value) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _misfit(variable, "a number", value)
    if isinstance(value, int) and abs(value) > _EXACT_IN_DOUBLE:
        raise _misfit(variable, "a number of up to 15 digits", value)
    if not math.isfinite(value):
        raise _misfit(variable, "a finite number", value)
    return float(value) + 0.0  # makes -0.0 the same as 0.0
