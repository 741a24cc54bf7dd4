"""What can go wrong, in words that a caller can use. Pure, so that every room may raise them.

Each error has a stable UPPER_SNAKE `reason` for programs and a message for people: what is wrong and what to do.
`kit.rpc.status` turns them into google.rpc.Status, in one place. No message holds personal data or a secret.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FieldViolation:
    """One thing that is wrong with a request."""

    field: str
    description: str


class OncordiaError(Exception):
    """The root of all errors that are told to a caller."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message


class InvalidInput(OncordiaError):
    """The request itself is wrong; sending it again won't help."""

    def __init__(self, violations: Sequence[FieldViolation], reason: str = "INVALID_INPUT") -> None:
        super().__init__(reason, "; ".join(f"{v.field}: {v.description}" for v in violations))
        self.violations = tuple(violations)

    @classmethod
    def of(cls, field: str, description: str, reason: str = "INVALID_INPUT") -> InvalidInput:
        """One violation."""
        return cls([FieldViolation(field, description)], reason)


class NotFound(OncordiaError):
    """There is no such resource, or none that the caller may know of. Both are worded alike."""

    def __init__(self, name: str) -> None:
        super().__init__("NOT_FOUND", f"there is no {name}")


class AlreadyExists(OncordiaError):
    """The name is taken."""

    def __init__(self, name: str) -> None:
        super().__init__("ALREADY_EXISTS", f"{name} is there already")


class Unauthenticated(OncordiaError):
    """Nobody knows who calls."""


class PermissionDenied(OncordiaError):
    """The caller is known and may not."""


class FailedPrecondition(OncordiaError):
    """The resource's state does not allow it."""


class ResourceExhausted(OncordiaError):
    """A limit is reached."""


class Unavailable(OncordiaError):
    """Something that is needed is away; the same call may go through later."""

    def __init__(self, reason: str, message: str, retry_seconds: float = 1.0) -> None:
        super().__init__(reason, message)
        self.retry_seconds = retry_seconds
