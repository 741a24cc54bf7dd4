"""Entries: events with their place in the log."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NewType
from uuid import UUID

from tlog.record import Salt, record_of

EntryIndex = NewType("EntryIndex", int)
"""Position in the tree, from 0."""


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
    """An event that is to be logged. `body` is the event as published, in the layout of tlog.body.

    `salt`: that of the log in which its producer has it already, so that both logs have the same leaf; else None.
    """

    attributes: Attributes
    body: bytes
    salt: Salt | None = None

    def leaf(self, salt: Salt) -> bytes:
        """The leaf record that commits to the body. Raises tlog's FormatError for what no record can hold."""
        about = self.attributes
        return record_of(about.event_id, about.producer, about.number, about.time, salt, self.body).encode()


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
