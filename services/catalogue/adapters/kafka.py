"""What the catalogue publishes: events and states of data sets, and tasks for nodes."""

from __future__ import annotations

from datetime import datetime

from google.protobuf.message import Message
from opentelemetry import trace

from catalogue.adapters.wire import data_set_to_proto
from catalogue.domain.data_set import Change, ChangeKind, DataSet
from catalogue.domain.description import Description
from catalogue.domain.names import description_of
from catalogue.domain.provider import Provider
from kit.database.engine import Transaction
from kit.events import topics
from kit.events.outbox import NOBODY, Acting, Outbox
from kit.telemetry.tracing import current_traceparent
from kit.wire.timestamp import timestamp
from oncordia.border.v1 import task_pb2
from oncordia.catalogue.v1 import data_set_pb2
from oncordia.events.v1 import catalogue_pb2, tasks_pb2

_tracer = trace.get_tracer("catalogue.descriptions")
_EVENTS = topics.events("catalogue")
_STATE = topics.state("catalogue")
PURPOSE = "description for the public catalogue"


class OutboxPublisher:
    """`country` is the hub's own: it asks the nodes itself, for no organisation."""

    def __init__(self, outbox: Outbox, country: str) -> None:
        self._outbox = outbox
        self._country = country

    async def changed(self, transaction: Transaction, change: Change, provider: Provider, acting: Acting) -> None:
        shown = data_set_to_proto(change.data_set, provider)
        name = change.data_set.name
        await self._outbox.add_event(transaction, _EVENTS, name, _event(change, shown), acting)
        await self._outbox.add(transaction, _STATE, name, shown, acting)

    async def ask(self, transaction: Transaction, description: Description, deadline: datetime) -> None:
        # A span of its own: nobody's request is behind it when the catalogue asks again.
        with _tracer.start_as_current_span("ask for a description"):
            await self._ask(transaction, description, deadline)

    async def _ask(self, transaction: Transaction, description: Description, deadline: datetime) -> None:
        asking = description_of(description.provider)
        task = task_pb2.Task(
            asking_resource=asking,
            asking_country=self._country,
            purpose=PURPOSE,
            deadline=timestamp(deadline),
            traceparent=current_traceparent(),
            describe=task_pb2.DescribeWork(),
        )
        assignment = tasks_pb2.Assignment(provider=description.provider, task_id=str(description.task_id))
        await self._outbox.add(
            transaction, topics.TASKS, asking, tasks_pb2.TasksRequested(task=task, assignments=[assignment])
        )

    async def taken(self, transaction: Transaction, description: Description, data_sets: int) -> None:
        payload = catalogue_pb2.DescriptionTaken(
            provider=description.provider,
            epoch=description.taken_epoch,
            data_sets=data_sets,
            problems=description.problems,
        )
        await self._outbox.add_event(transaction, _EVENTS, description_of(description.provider), payload, NOBODY)


def _event(change: Change, shown: data_set_pb2.DataSet) -> Message:
    match change.kind:
        case ChangeKind.CREATED:
            return catalogue_pb2.DataSetCreated(data_set=shown)
        case ChangeKind.UPDATED:
            return catalogue_pb2.DataSetUpdated(data_set=shown, changed=change.changed)
        case ChangeKind.RETIRED:
            return catalogue_pb2.DataSetRetired(data_set=shown.name, reason=_reason(change.data_set))


def _reason(data_set: DataSet) -> str:
    return data_set.state.name
