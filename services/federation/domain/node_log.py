"""Nodes' own logs, as far as the hub has them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import NewType

from tlog.tree import Frontier

LogId = NewType("LogId", str)
"""32 hexadecimal digits, drawn by the node."""

_ID = re.compile(r"[0-9a-f]{32}")


def is_log_id(text: str) -> bool:
    return _ID.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class NodeLog:
    """A log and the right edge of the tree over those of its entries that the hub has taken."""

    id: LogId
    frontier: Frontier = field(default_factory=Frontier)

    @property
    def entries(self) -> int:
        return self.frontier.size
