"""The node's own log: its acts in order, each numbered from 1 on, with the leaf that commits to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NewType

from tlog.hashing import Hash
from tlog.record import Salt

LogId = NewType("LogId", str)
"""32 hexadecimal digits, drawn when the log was begun."""


@dataclass(frozen=True, slots=True)
class NodeLog:
    """A log, the provider (`providers/{id}`) whose acts it holds, and how many."""

    id: LogId
    provider: str
    entries: int


@dataclass(frozen=True, slots=True)
class LogEntry:
    """An act with its place. `body`: the event as the hub publishes it; its leaf follows from body and salt."""

    number: int
    leaf: bytes
    salt: Salt
    body: bytes


@dataclass(frozen=True, slots=True)
class LogAtHub:
    """How much of a log the hub has: its first `entries`, over which the Merkle tree has this root."""

    log: LogId
    entries: int
    root: Hash
