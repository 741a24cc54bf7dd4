"""The two names of an entry: by its place in the log, and by the event in it."""

from __future__ import annotations

import re
from uuid import UUID

from audit_log.domain.entry import EntryIndex
from kit.errors import InvalidInput

_INDEX = re.compile(r"entries/(0|[1-9][0-9]{0,17})")


def parse_entry_name(name: str) -> EntryIndex | UUID:
    """`entries/{index}` or `events/{event id}`. Raises InvalidInput."""
    if match := _INDEX.fullmatch(name):
        return EntryIndex(int(match[1]))
    kind, _, event_id = name.partition("/")
    try:
        if kind == "events" and str(UUID(event_id)) == event_id:
            return UUID(event_id)
    except ValueError:
        pass
    raise InvalidInput.of("name", "must be entries/{index} or events/{event id}, the id a UUID in lower case")
