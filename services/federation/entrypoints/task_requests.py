"""Requests for tasks, from Kafka into the journal."""

from __future__ import annotations

from datetime import UTC
from uuid import UUID

from federation.application.border import Streams
from federation.application.journal import Cancellation, Journal
from federation.domain.provider import provider_id
from federation.domain.task import NewTask, TaskId
from kit.database.engine import Transaction
from kit.errors import InvalidInput
from kit.events.envelope import Message
from kit.telemetry.tracing import current_traceparent, trace_id_of
from oncordia.events.v1.tasks_pb2 import TasksRequested


class TaskRequests:
    """The consumer of oncordia.node.tasks.v1."""

    def __init__(self, journal: Journal, streams: Streams) -> None:
        self._journal = journal
        self._streams = streams

    async def __call__(self, transaction: Transaction, message: Message) -> None:
        """Raises InvalidInput for a request that can't be one; it goes to the dead letters."""
        request = TasksRequested.FromString(message.value or b"")
        task = request.task
        kind = task.WhichOneof("work")
        if kind is None:
            raise InvalidInput.of("task.work", "must be set")
        if not task.asking_resource:
            raise InvalidInput.of("task.asking_resource", "must name the resource that asks")
        if not task.HasField("deadline"):
            raise InvalidInput.of("task.deadline", "must be set")
        traceparent = current_traceparent()
        tasks, cancellations = [], []
        for i, assignment in enumerate(request.assignments):
            provider = provider_id(assignment.provider, f"assignments[{i}].provider")
            task.task_id = str(_task_id(assignment.task_id, f"assignments[{i}].task_id"))
            tasks.append(
                NewTask(
                    id=TaskId(UUID(task.task_id)),
                    provider=provider,
                    asking_resource=task.asking_resource,
                    deadline=task.deadline.ToDatetime(UTC),
                    body=task.SerializeToString(),
                    traceparent=traceparent,
                    trace_id=bytes.fromhex(trace_id_of(traceparent)),
                )
            )
            if kind == "cancel":
                stops = task.cancel.task_id
                cancellations.append(
                    Cancellation(
                        provider, task.asking_resource, _task_id(stops, "task.cancel.task_id") if stops else None
                    )
                )
        await self._streams.hand_over(transaction, await self._journal.request(transaction, tasks, cancellations))


def _task_id(text: str, field: str) -> TaskId:
    try:
        return TaskId(UUID(text))
    except ValueError:
        raise InvalidInput.of(field, "must be a UUID") from None
