"""What became of the tasks that the hub gave: received, answered, acknowledged."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from node.domain.answer import TaskId


@dataclass(frozen=True, slots=True)
class ReceivedTask:
    """A task as it came over the border, in its wire form."""

    task_id: TaskId
    payload: bytes
    deadline: datetime


@dataclass(frozen=True, slots=True)
class NewTask:
    """Not seen before: do it."""


@dataclass(frozen=True, slots=True)
class KnownTask:
    """Seen before: don't do it again. `result` to send once more, or None while it is being worked on."""

    result: bytes | None


@dataclass(frozen=True, slots=True)
class PendingResult:
    """To be sent, again and again, until the hub acknowledges it."""

    task_id: TaskId
    result: bytes
