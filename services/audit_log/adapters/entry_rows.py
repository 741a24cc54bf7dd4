"""Entries as rows."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, select

from audit_log.adapters.packing import pack_actor
from audit_log.adapters.tables import entries
from audit_log.domain.entry import Attributes, Entry, EntryIndex

SELECT_ENTRIES = select(entries.c.index, entries.c.leaf, *(entries.c[name] for name in Attributes.__dataclass_fields__))


def entry_of(row: Row[Any]) -> Entry:
    """The entry in a row that SELECT_ENTRIES gave."""
    values = tuple(row)
    return Entry(EntryIndex(values[0]), Attributes(*values[2:]), values[1])


def row_of(index: int, about: Attributes, leaf: bytes) -> tuple[object, ...]:
    """The values of the table's columns, in their order, for COPY."""
    return (
        index,
        about.number,
        about.time,
        about.event_id,
        leaf,
        bytes.fromhex(about.trace_id),
        pack_actor(about.actor),
        about.type,
        about.producer,
        about.organisation,
        about.country,
        about.purpose,
        about.permit,
        about.resource,
        about.outcome,
    )
