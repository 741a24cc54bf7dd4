"""What entries are searched by."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from kit.errors import InvalidInput

_TRACE = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Search:
    """Every condition given must hold; an empty one holds for all. Raises InvalidInput for what can't match.

    `type` may end in `*`, which stands for any ending. Times are from `start` on, before `end`.
    """

    actor: str = ""
    organisation: str = ""
    country: str = ""
    type: str = ""
    resource: str = ""
    outcome: str = ""
    permit: str = ""
    trace_id: str = ""
    start: datetime | None = None
    end: datetime | None = None

    def __post_init__(self) -> None:
        if "*" in self.type[:-1]:
            raise InvalidInput.of("type", "may have a * at its end only")
        if self.trace_id and not _TRACE.fullmatch(self.trace_id):
            raise InvalidInput.of("trace_id", "must have 32 hexadecimal digits in lower case")
        if self.start is not None and self.end is not None and self.start >= self.end:
            raise InvalidInput.of("end_time", "must be after start_time")
        for field in ("actor", "organisation", "country", "type", "resource", "outcome", "permit"):
            if "\0" in getattr(self, field):
                raise InvalidInput.of(field, "must not hold the character NUL")

    @property
    def type_prefix(self) -> str | None:
        """What the type begins with, if the condition ends in `*`."""
        return self.type.removesuffix("*") if self.type.endswith("*") else None
