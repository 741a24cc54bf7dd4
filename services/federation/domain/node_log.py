"""Nodes' own logs, as far as the hub has them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import NewType

from federation.domain.provider import ProviderId
from tlog.tree import Frontier

LogId = NewType("LogId", str)
"""32 hexadecimal digits, drawn by the node."""

_ID = re.compile(r"[0-9a-f]{32}")


def is_log_id(text: str) -> bool:
    return _ID.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class LogMark:
    """A log, and how many entries its node says that it has."""

    id: LogId
    entries: int


@dataclass(frozen=True, slots=True)
class NodeLog:
    """A log and the right edge of the tree over those of its entries that the hub has taken."""

    id: LogId
    frontier: Frontier = field(default_factory=Frontier)

    @property
    def entries(self) -> int:
        return self.frontier.size


@dataclass(frozen=True, slots=True)
class KnownLog:
    """How far a provider's log was taken, and how far its node said that it is."""

    provider: ProviderId
    id: LogId
    taken: int
    told: int
    take_time: datetime | None
