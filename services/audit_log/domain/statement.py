"""Statements that people append to the log."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from uuid import UUID

from kit.errors import FieldViolation, InvalidInput

_KIND = re.compile(r"[A-Z][A-Z0-9_]{0,59}")
_MAX_RESOURCE = 200
_MAX_STATEMENT = 2_000


@dataclass(frozen=True, slots=True)
class Statement:
    """An act that no event of a service records. Raises InvalidInput naming each field that is wrong."""

    kind: str
    resource: str
    statement: str

    def __post_init__(self) -> None:
        wrong = []
        if not _KIND.fullmatch(self.kind):
            wrong.append(FieldViolation("kind", "must be UPPER_SNAKE, 1 to 60 characters"))
        if not 1 <= len(self.resource) <= _MAX_RESOURCE or not self.resource.isprintable():
            wrong.append(FieldViolation("resource", "must be a resource's name, 1 to 200 printable characters"))
        if not 1 <= len(self.statement) <= _MAX_STATEMENT or "\0" in self.statement:
            wrong.append(FieldViolation("statement", "must have 1 to 2,000 characters, none of them NUL"))
        if wrong:
            raise InvalidInput(wrong)

    def digest(self) -> bytes:
        """Tells a repeated request from one that reuses its id for something else."""
        parts = (self.kind, self.resource, self.statement)
        return hashlib.sha256("".join(f"{len(part)}:{part}" for part in parts).encode()).digest()


def parse_request_id(text: str) -> UUID:
    """Raises InvalidInput."""
    try:
        return UUID(text)
    except ValueError:
        raise InvalidInput.of("request_id", "must be a UUID that the caller draws anew for each statement") from None
