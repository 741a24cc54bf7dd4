"""The life of a task at the hub."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import NewType
from uuid import UUID

from federation.domain.provider import ProviderId

TaskId = NewType("TaskId", UUID)


class TaskState(Enum):
    """The names are those of oncordia.events.v1.TaskState without the prefix."""

    PENDING = "PENDING"
    DELIVERED = "DELIVERED"
    DONE = "DONE"
    TIMED_OUT = "TIMED_OUT"
    CANCELLED = "CANCELLED"

    @property
    def open(self) -> bool:
        """A result is still wanted."""
        return self in (TaskState.PENDING, TaskState.DELIVERED)

    def may_become(self, following: TaskState) -> bool:
        """A task moves forward only, and what has ended stays as it is."""
        match self:
            case TaskState.PENDING:
                return following is not TaskState.PENDING
            case TaskState.DELIVERED:
                return following not in (TaskState.PENDING, TaskState.DELIVERED)
            case TaskState.DONE | TaskState.TIMED_OUT | TaskState.CANCELLED:
                return False


OPEN = tuple(state for state in TaskState if state.open)


def may_precede(following: TaskState) -> tuple[TaskState, ...]:
    """The states from which a task may come to `following`: what an update asks of the row."""
    return tuple(state for state in TaskState if state.may_become(following))


@dataclass(frozen=True, slots=True)
class NewTask:
    """A task as it enters the journal. `body` is the serialized message for the node; `cancels` names what it stops."""

    id: TaskId
    provider: ProviderId
    asking_resource: str
    deadline: datetime
    body: bytes
    traceparent: str
    trace_id: bytes


@dataclass(frozen=True, slots=True)
class OpenTask:
    """A task to send. `delivered_as` is the trace context of its first delivery, if it had one before."""

    id: TaskId
    provider: ProviderId
    body: bytes
    traceparent: str
    delivered_as: str


@dataclass(frozen=True, slots=True)
class EndedTask:
    """What a report tells of a task that just changed."""

    id: TaskId
    provider: ProviderId
    asking_resource: str
    state: TaskState
    traceparent: str
