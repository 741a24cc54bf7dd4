"""Entries: events with their place in the log."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NewType
from uuid import UUID

from tlog.record import Commitment, LeafRecord, Salt, commit

EntryIndex = NewType("EntryIndex", int)
"""Position in the tree, from 0."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Attributes:
    """What an event says of itself, and what entries are found by. What does not apply is empty.

    `trace_id` has 32 hexadecimal digits, `number` is the producer's own gapless count, `outcome` is never empty.
    """

    event_id: UUID
    type: str
    producer: str
    number: int
    time: datetime
    actor: str
    organisation: str
    country: str
    purpose: str
    permit: str
    resource: str
    trace_id: str
    outcome: str


@dataclass(frozen=True, slots=True)
class Event:
    """An event that is to be logged. `body` is the event as published, in the layout of tlog.body."""

    attributes: Attributes
    body: bytes

    def commit(self, salt: Salt) -> Commitment:
        """What the leaf says of the body."""
        return commit(salt, self.body)


@dataclass(frozen=True, slots=True)
class Entry:
    """An event in the log. `commitment` is to its body."""

    index: EntryIndex
    attributes: Attributes
    commitment: Commitment

    @property
    def name(self) -> str:
        """`entries/{index}`."""
        return f"entries/{self.index}"

    @property
    def leaf(self) -> bytes:
        """The leaf record whose hash is in the tree."""
        about = self.attributes
        return leaf_of(about.event_id, about.producer, about.number, about.time, self.commitment)


def leaf_of(event_id: UUID, producer: str, number: int, time: datetime, commitment: Commitment) -> bytes:
    """The leaf record of an event. Raises tlog's FormatError for what no record can hold."""
    time_us = (time - _EPOCH) // _MICROSECOND
    return LeafRecord(event_id, producer, number, time_us, commitment).encode()
