"""A node's own log against the hub's, leaf by leaf. Leaves are public, so anybody can compare them.

The hub takes a node's event with the salt that the node drew, so an event that both logs tell alike has the same leaf
in both, and one that was changed, left out, doubled or made up at either side shows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from tlog.errors import FormatError
from tlog.record import LeafRecord


@dataclass(frozen=True, slots=True)
class Differing:
    """An event with another leaf in each log; `fields`: what differs, by the names that leaf records have."""

    event_id: UUID
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Differences:
    """`missing`: numbers that the hub passed over. `waiting`: how many at the end it does not have yet.

    `unknown`: events in the hub's log that the node's does not have. `doubled`: those in either log more than once.
    `other_logs`: entries of other logs of the same provider, by the log's id.
    """

    both: int
    waiting: int
    missing: tuple[int, ...]
    unknown: tuple[UUID, ...]
    differing: tuple[Differing, ...]
    doubled: tuple[UUID, ...]
    other_logs: dict[str, int]

    @property
    def none(self) -> bool:
        return not (self.missing or self.unknown or self.differing or self.doubled)


@dataclass(slots=True)
class Reconciliation:
    """`producer`: whose events are compared, `providers/{id}/logs/{log}`. Give it the node's leaves first."""

    producer: str
    _at_node: dict[UUID, bytes] = field(default_factory=dict)
    _both: set[UUID] = field(default_factory=set)
    _unknown: set[UUID] = field(default_factory=set)
    _differing: dict[UUID, Differing] = field(default_factory=dict)
    _doubled: set[UUID] = field(default_factory=set)
    _other_logs: Counter[str] = field(default_factory=Counter)

    def at_node(self, leaves: Iterable[bytes]) -> None:
        """Leaves of the node's log. Raises FormatError for one that is none of this producer's."""
        for leaf in leaves:
            record = LeafRecord.decode(leaf)
            if record.producer != self.producer:
                raise FormatError(f"the node's log has an entry of {record.producer}, not of {self.producer}")
            if record.event_id in self._at_node:
                self._doubled.add(record.event_id)
            self._at_node[record.event_id] = leaf

    def at_hub(self, leaves: Iterable[bytes]) -> None:
        """Leaves of the hub's log; those of others are passed over. Raises FormatError."""
        provider = self._provider.encode()
        for leaf in leaves:
            # Most are of others, and to look for a name is far less work than to read a record.
            if provider in leaf:
                self._compare(leaf, LeafRecord.decode(leaf))

    def differences(self) -> Differences:
        """What was found, once both logs were given whole."""
        numbers = {event: LeafRecord.decode(leaf).producer_number for event, leaf in self._at_node.items()}
        there = self._both | self._differing.keys()
        passed = max((numbers[event] for event in there), default=0)
        absent = sorted(number for event, number in numbers.items() if event not in there)
        return Differences(
            both=len(self._both),
            waiting=sum(number > passed for number in absent),
            missing=tuple(number for number in absent if number < passed),
            unknown=tuple(sorted(self._unknown)),
            differing=tuple(self._differing[event] for event in sorted(self._differing)),
            doubled=tuple(sorted(self._doubled)),
            other_logs=dict(sorted(self._other_logs.items())),
        )

    @property
    def _provider(self) -> str:
        return self.producer.rpartition("/")[0] + "/"

    def _compare(self, leaf: bytes, record: LeafRecord) -> None:
        if record.producer != self.producer:
            if record.producer.startswith(self._provider):
                self._other_logs[record.producer.removeprefix(self._provider)] += 1
            return
        event = record.event_id
        expected = self._at_node.get(event)
        if event in self._both or event in self._differing or event in self._unknown:
            self._doubled.add(event)
        elif expected is None:
            self._unknown.add(event)
        elif expected == leaf:
            self._both.add(event)
        else:
            self._differing[event] = Differing(event, _fields(LeafRecord.decode(expected), record))


def _fields(one: LeafRecord, other: LeafRecord) -> tuple[str, ...]:
    return tuple(name for name in LeafRecord.__slots__ if getattr(one, name) != getattr(other, name))
