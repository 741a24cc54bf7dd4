"""Checks of a request's fields that gather all that is wrong, so that a caller mends everything at once. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from uuid import UUID

from cohort.code_list import CodeList
from cohort.errors import UnknownCodeError, shown
from kit.errors import FieldViolation, InvalidInput

# More than any real data set or model has.
MOST_CODES = 200


class Fields:
    """Gathers violations. `prefix` stands before each field's name, for example `data_set.`."""

    def __init__(self, prefix: str = "") -> None:
        self._prefix = prefix
        self.violations: list[FieldViolation] = []

    def wrong(self, field: str, description: str) -> None:
        """Notes one violation."""
        self.violations.append(FieldViolation(self._prefix + field, description))

    def text(self, field: str, value: str, *, most: int, least: int = 0, lines: bool = False) -> str:
        """Text of `least` to `most` characters without outer blanks; of control characters at most line ends."""
        value = value.strip()
        if not least <= len(value) <= most:
            self.wrong(field, f"must have {least} to {most} characters, has {len(value)}")
        if any(unicodedata.category(c) == "Cc" and not (lines and c in "\n\r\t") for c in value):
            self.wrong(field, "must not hold control characters")
        return value

    def count(self, field: str, value: int, *, least: int = 0) -> int:
        """A whole number from `least` up."""
        if value < least:
            self.wrong(field, f"must be at least {least}, is {value}")
        return value

    def codes(self, field: str, values: Sequence[str], known: CodeList | None) -> tuple[str, ...]:
        """Codes in the order of the alphabet, each once: of a list, or with None any short printable ones."""
        if len(values) > MOST_CODES:
            self.wrong(field, f"must be at most {MOST_CODES}, are {len(values)}")
            return ()
        found: set[str] = set()
        for value in values:
            if known is None:
                found.add(self.text(field, value, most=64, least=1))
                continue
            try:
                found.add(known.get(value).code)
            except UnknownCodeError as error:
                self.wrong(field, str(error))
        return tuple(sorted(found))

    def with_descendants(self, field: str, asked: Sequence[str], known: CodeList | None) -> frozenset[str]:
        """Codes of a list to search for, each with all below it."""
        if len(asked) > MOST_CODES or known is None:
            self.wrong(field, f"must be at most {MOST_CODES}")
            return frozenset()
        found: set[str] = set()
        for code in asked:
            try:
                found |= known.descendants(code)
            except UnknownCodeError as error:
                self.wrong(field, str(error))
        return frozenset(found)

    def check(self) -> None:
        """Raises InvalidInput with all violations, if there are any."""
        if self.violations:
            raise InvalidInput(self.violations)


def masked(paths: Iterable[str], allowed: Sequence[str]) -> tuple[str, ...]:
    """The fields that an update mask names; an empty one or `*` names all. Raises InvalidInput for any other field."""
    asked = tuple(dict.fromkeys(paths))
    if not asked or asked == ("*",):
        return tuple(allowed)
    strange = [path for path in asked if path not in allowed]
    if strange:
        raise InvalidInput.of("update_mask", f"{shown(strange[0])} can't be changed; what can is {', '.join(allowed)}")
    return asked


def request_uuid(text: str) -> UUID | None:
    """A request id, or None for an empty one. Raises InvalidInput if it isn't a UUID."""
    if not text:
        return None
    try:
        return UUID(text)
    except ValueError:
        raise InvalidInput.of("request_id", "must be a UUID, or empty") from None
