"""An epoch: one snapshot of the data, which all questions see until the next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NewType

EpochId = NewType("EpochId", str)

SHORTEST_EPOCH = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class VariableCoverage:
    """How well a mapped variable covers the data: a property of the whole snapshot, fixed with it.

    `mapped_percent`: share of rows with a value, in whole percent, rounded down. `approximation`: the
    provider's reason when the variable is mapped only approximately.
    """

    variable: str
    mapped_percent: int
    approximation: str | None = None


@dataclass(frozen=True, slots=True)
class Epoch:
    """`coverage` holds the variables that the provider maps; all others are unsupported here."""

    id: EpochId
    opened_at: datetime
    coverage: Mapping[str, VariableCoverage]


@dataclass(frozen=True, slots=True)
class Opens:
    """The new snapshot becomes the epoch."""


@dataclass(frozen=True, slots=True)
class Waits:
    """The present epoch stays. `sentence` says why, and what to do."""

    sentence: str


def may_open(current: Epoch | None, changed_subjects: int, threshold: int, now: datetime) -> Opens | Waits:
    """Whether a new snapshot may open as an epoch.

    A new epoch draws every answer anew, so small or frequent changes would show who changed. The first
    always opens.
    """
    if current is None:
        return Opens()
    opens_at = current.opened_at + SHORTEST_EPOCH
    if now < opens_at:
        return Waits(
            f"epoch {current.id} stays: a new one opens at most once a day; ingest again after"
            f" {opens_at:%Y-%m-%d %H:%M} UTC"
        )
    if changed_subjects < threshold:
        return Waits(
            f"epoch {current.id} stays: {changed_subjects} subjects changed and epoch_threshold is {threshold};"
            " ingest again when more have"
        )
    return Opens()
