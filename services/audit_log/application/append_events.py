"""Appends a batch of events to the log: each once, whatever is delivered again.

What is delivered again has the same bytes. Another event under a known id means that a producer, or somebody in its
place, tells two stories: the log takes no side, but stops, as for whatever it can't take, until a person has looked.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

from audit_log.application.faults import Fault, FaultPoint
from audit_log.application.ports import Tree
from audit_log.domain.entry import EntryIndex, Event
from kit.database.engine import Transaction
from kit.errors import InvalidInput
from tlog.errors import FormatError
from tlog.hashing import leaf_hashes
from tlog.record import SALT_SIZE, Salt


@dataclass(frozen=True, slots=True)
class AppendEvents:
    """Returns how many entries the log grew by.

    Raises InvalidInput for an event that no leaf record can hold, and for another one under the id of a logged event.
    """

    tree: Tree
    fault: Fault

    async def __call__(self, transaction: Transaction, events: Sequence[Event]) -> int:
        frontier = await self.tree.lock(transaction)
        self.fault(FaultPoint.BATCH_LOCKED)
        first_of = {event.attributes.event_id: event for event in reversed(events)}
        known = await self.tree.known(transaction, list(first_of))
        repeated = [e for e in events if first_of[e.attributes.event_id] is not e or e.attributes.event_id in known]
        for event in repeated:
            _check_same(event, first_of[event.attributes.event_id], known)
        # The first of each, in the order of arrival.
        fresh = [e for e in events if first_of[e.attributes.event_id] is e and e.attributes.event_id not in known]
        if not fresh:
            return 0
        salts = [event.salt or drawn for event, drawn in zip(fresh, _salts(len(fresh)), strict=True)]
        try:
            leaves = [event.leaf(salt) for event, salt in zip(fresh, salts, strict=True)]
        except FormatError as error:
            raise InvalidInput.of("event", str(error)) from None
        grown = frontier.appended(leaf_hashes(leaves))
        await self.tree.append(transaction, EntryIndex(frontier.size), fresh, leaves, salts, grown)
        self.fault(FaultPoint.BATCH_INSERTED)
        return len(fresh)


def _check_same(event: Event, first: Event, known: Mapping[UUID, bytes | None]) -> None:
    event_id = event.attributes.event_id
    logged = known.get(event_id)
    # The body of a logged event is gone once its retention has ended; then nobody can tell.
    differs = event.body != first.body or (logged is not None and logged != sha256(event.body).digest())
    if differs:
        raise InvalidInput.of("event", f"{event_id} is in the log with another content", "EVENT_CONTRADICTED")


def _salts(count: int) -> list[Salt]:
    # One call for all: a system call for each costs a tenth of the whole.
    drawn = os.urandom(count * SALT_SIZE)
    return [Salt(drawn[i : i + SALT_SIZE]) for i in range(0, len(drawn), SALT_SIZE)]
