"""What the use cases need of the world."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from cohort.expression import Expression
from node.domain.budget import Organisation, Period, Spent
from node.domain.counts import ContributionLimit, Counts
from node.domain.description import DataSetFigures
from node.domain.epoch import Epoch, EpochId
from node.domain.protection import DrawnCounts
from node.domain.stored_answer import Charge, Question


class Index(Protocol):
    """The data of one epoch, without the people who withdrew."""

    @property
    def epoch(self) -> Epoch: ...

    def count(self, expression: Expression, limit: ContributionLimit | None) -> Counts:
        """True counts of a canonical expression that the epoch covers; clipped per subject unless None."""
        ...

    def warm(self) -> None:
        """Reads what every count needs, so that the first one is as fast as the next."""
        ...

    def data_sets(self) -> Sequence[DataSetFigures]:
        """What each data set holds, in the order of their ids."""
        ...


class Indexes(Protocol):
    """Finds the snapshot in use."""

    def current(self) -> Index | None:
        """None until something was ingested. Raises SnapshotError."""
        ...

    def at_hand(self) -> bool:
        """Whether `current` has nothing to open now."""
        ...


class Acts(Protocol):
    """Notes what the staff does, on disk and before it is done: after a crash the log may tell of an act that did not
    come about, never the other way round. Raises sqlite3.Error, OSError, DiskFullError."""

    def ingested(self, epoch: EpochId, opened: bool) -> None:
        """Data were taken in; `epoch` is in use from now on."""
        ...

    def withdrawn(self) -> None:
        """A list of people who withdrew was given."""
        ...


class Noise(Protocol):
    """A vetted sampler of discrete Laplace noise."""

    def add(self, count: int, scale: float) -> int:
        """The count with fresh noise of that scale."""
        ...


class LedgerBook(Protocol):
    """The ledger within one transaction that nothing else writes into."""

    def stored(self, question: Question) -> Sequence[DrawnCounts]:
        """All stored answers to a question, in the order of drawing."""
        ...

    def spent(self, period: Period, organisation: Organisation) -> Spent: ...

    def latest(self) -> datetime | None:
        """When the last charge was made."""
        ...

    def charge(self, charge: Charge, drawn: DrawnCounts) -> None:
        """Write a charge and the answer that it pays for."""
        ...


class Ledger(Protocol):
    """Charges and stored answers. Every method raises LedgerError when the ledger can't be trusted or
    used.
    """

    def stored(self, question: Question) -> Sequence[DrawnCounts]:
        """As in LedgerBook, without waiting for writers."""
        ...

    def book(self) -> AbstractContextManager[LedgerBook]:
        """A transaction, durable on disk when it ends without an error and rolled back when it doesn't."""
        ...
