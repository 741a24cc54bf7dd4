"""Reading the spellings of real data as values of the common data model. None means: not mapped, unknown."""

from __future__ import annotations

import re
from datetime import date
from typing import assert_never

from cohort.code_list import normalised
from cohort.expression import Value
from cohort.variables import Variable
from node.domain.mapping import Reading, VariableMapping

_AGE = re.compile(r"(\d{3})([DWMY])", re.IGNORECASE)
_DATE = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})(?:[T ].*)?")
_YEAR = re.compile(r"\d{4}")
_DAYS_PER_YEAR = 365.2425
_WEEKS_PER_YEAR = _DAYS_PER_YEAR / 7
_TRUE = frozenset(("true", "t", "yes", "y", "1"))
_FALSE = frozenset(("false", "f", "no", "n", "0"))


def read(spelling: str, mapping: VariableMapping, variable: Variable) -> Value | None:
    """The value that a local spelling stands for, or None."""
    overrides = {normalised(local): value for local, value in mapping.overrides.items()}
    override = overrides.get(normalised(spelling))
    # What a person wrote in the mapping file is meant as a plain number, not as a DICOM age such as 045Y.
    reading = Reading.INTEGER if override and mapping.reading is Reading.DICOM_AGE else mapping.reading
    value = _read((override if override is not None else spelling).strip(), reading, variable)
    return value if value is not None and _possible(value, variable) else None


def _read(text: str, reading: Reading, variable: Variable) -> Value | None:
    match reading:
        case Reading.CODE:
            return _code(text, variable)
        case Reading.TEXT:
            return text or None
        case Reading.INTEGER:
            return _integer(text)
        case Reading.DECIMAL:
            return _decimal(text)
        case Reading.BOOLEAN:
            return _boolean(text)
        case Reading.DATE:
            return _date(text)
        case Reading.YEAR:
            return _year(text)
        case Reading.DICOM_AGE:
            return _dicom_age(text)
        case _:
            assert_never(reading)


def _code(text: str, variable: Variable) -> str | None:
    if variable.codes is None:
        return None
    # DICOM joins several values with a backslash; the first that is a code speaks for the series.
    for part in (text, *text.split("\\")):
        code = variable.codes.find(part)
        if code is not None:
            return code.code
    return None


def _integer(text: str) -> int | None:
    number = _decimal(text)
    return int(number) if number is not None and number.is_integer() else None


def _decimal(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if abs(number) < 2**53 else None


def _boolean(text: str) -> bool | None:
    word = text.lower()
    return True if word in _TRUE else False if word in _FALSE else None


def _date(text: str) -> date | None:
    match = _DATE.fullmatch(text)
    try:
        return date(*map(int, match.groups())) if match else None
    except ValueError:
        return None


def _year(text: str) -> int | None:
    if _YEAR.fullmatch(text):
        return int(text)
    day = _date(text)
    return None if day is None else day.year


def _dicom_age(text: str) -> int | None:
    """Whole years of a DICOM age string (PS3.5, VR AS), rounded down.

    '000Y' is unknown: the standard gives ages under a year in days, weeks or months, and real data use 000Y
    where the age was removed. A provider whose 000Y means infants maps it with an override.
    """
    match = _AGE.fullmatch(text)
    if match is None:
        return None
    number = int(match[1])
    match match[2].upper():
        case "Y":
            return number or None
        case "M":
            return number // 12
        case "W":
            return int(number / _WEEKS_PER_YEAR)
        case _:
            return int(number / _DAYS_PER_YEAR)


def _possible(value: Value, variable: Variable) -> bool:
    if variable.minimum is None and variable.maximum is None:
        return True
    low, high = variable.minimum, variable.maximum
    if isinstance(value, date):
        return (not isinstance(low, date) or low <= value) and (not isinstance(high, date) or value <= high)
    if isinstance(value, str):
        return True
    return (isinstance(low, date) or low is None or low <= value) and (
        isinstance(high, date) or high is None or value <= high
    )
