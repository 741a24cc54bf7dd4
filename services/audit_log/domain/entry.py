"""Entries: events with their place in the log."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NewType
from uuid import UUID

from tlog.record import LeafRecord, Salt, commit

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

    def leaf(self, salt: Salt) -> bytes:
        """The leaf record that commits to the body. Raises tlog's FormatError for what no record can hold."""
        about = self.attributes
        return LeafRecord(
            event_id=about.event_id,
            producer=about.producer,
            producer_number=about.number,
            time_us=(about.time - _EPOCH) // _MICROSECOND,
            commitment=commit(salt, self.body),
        ).encode()


@dataclass(frozen=True, slots=True)
class Entry:
    """An event in the log. `leaf` is the record whose hash is in the tree."""

    index: EntryIndex
    attributes: Attributes
    leaf: bytes

    @property
    def name(self) -> str:
        """`entries/{index}`."""
        return f"entries/{self.index}"
