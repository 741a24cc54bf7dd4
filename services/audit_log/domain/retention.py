"""How long the content of entries is kept, and how long it is known who acted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from kit.errors import FieldViolation, InvalidInput


class Kind(StrEnum):
    """Groups of event types whose bodies are kept equally long."""

    ACCESS = "access"
    """Who signed in, asked, read, decided, used a permit or was refused: the activity logs of EHDS article 73(1)(e)."""
    OTHER = "other"
    """What became of data sets, models, providers and of the log itself."""


_NAMES: Final = (
    "ActorResolved",
    "ApplicationDecided",
    "ApplicationSubmitted",
    "CallRefused",
    "CohortQueryAnswerRecorded",
    "CohortQueryCancelled",
    "CohortQueryCompleted",
    "CohortQueryCreated",
    "CohortQueryEvaluated",
    "ErasureRequested",
    "LogRead",
    "PermitIssued",
    "PermitRevoked",
    "SignedIn",
    "StatementAppended",
)
ACCESS_TYPES: Final = frozenset(f"oncordia.events.v1.{name}" for name in _NAMES)

SHORTEST: Final = timedelta(days=366)
"""A year, whichever."""

_TOO_SHORT: Final = (
    "must be at least 366: article 73(1)(e) of the European Health Data Space regulation, (EU) 2025/327, asks that "
    "access logs are kept for a year at least"
)


def kind_of(type_: str) -> Kind:
    """The kind of an event type; a type that this version does not know yet is OTHER."""
    return Kind.ACCESS if type_ in ACCESS_TYPES else Kind.OTHER


@dataclass(frozen=True, slots=True)
class Retention:
    """How long each kind's bodies are kept, from when they were logged. Raises InvalidInput naming the setting."""

    access: timedelta
    other: timedelta

    def __post_init__(self) -> None:
        wrong = [
            FieldViolation(f"ONCORDIA_RETENTION_{kind.upper()}_DAYS", f"{_TOO_SHORT}; got {self.of(kind).days}")
            for kind in Kind
            if self.of(kind) < SHORTEST
        ]
        if wrong:
            raise InvalidInput(wrong)

    def of(self, kind: Kind) -> timedelta:
        match kind:
            case Kind.ACCESS:
                return self.access
            case Kind.OTHER:
                return self.other

    def year_ends(self, year: int) -> datetime:
        """When it need not be known any more who acted in a calendar year: the last of its access records is over."""
        return datetime(year + 1, 1, 1, tzinfo=UTC) + self.access


@dataclass(frozen=True, slots=True)
class Round:
    """Bodies of one kind that are deleted together: of entries from `first` on below `bound`, which were logged before
    a time. Those below `following` are dealt with."""

    kind: Kind
    first: int
    bound: int
    following: int
    logged_before: datetime

    @property
    def is_done(self) -> bool:
        return self.following >= self.bound


@dataclass(frozen=True, slots=True)
class Total:
    """What a round deleted: how many bodies, and the lowest and the highest index of their entries."""

    bodies: int
    lowest: int
    highest: int
