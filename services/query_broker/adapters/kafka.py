"""What the broker publishes: events of queries, and tasks for nodes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import uuid4

from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from kit.database.engine import Transaction
from kit.events import topics
from kit.events.outbox import NOBODY, Acting, Outbox
from kit.wire.expression import encode_expression
from oncordia.border.v1 import task_pb2
from oncordia.events.v1 import query_pb2, tasks_pb2
from query_broker.adapters.wire import answer_to_proto
from query_broker.domain.answer import ProviderAnswer
from query_broker.domain.query import CohortQuery

_EVENTS = topics.events("query")


class OutboxPublisher:
    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox

    async def asked(self, transaction: Transaction, query: CohortQuery, acting: Acting) -> None:
        await self._event(
            transaction,
            query,
            query_pb2.CohortQueryCreated(
                query=query.name,
                canonical_filter=query.question.canonical_filter,
                providers=[answer.provider for answer in query.answers],
                deadline=_timestamp(query.deadline),
            ),
            acting,
        )
        work = task_pb2.CountWork(expression=encode_expression(query.question.expression))
        assignments = [
            tasks_pb2.Assignment(provider=answer.provider, task_id=answer.task_id)
            for answer in query.answers
            if not answer.state.is_final
        ]
        await self._request(transaction, query, task_pb2.Task(count=work), assignments, acting)

    async def answered(self, transaction: Transaction, query: CohortQuery, answer: ProviderAnswer) -> None:
        payload = query_pb2.CohortQueryAnswerRecorded(query=query.name, answer=answer_to_proto(answer))
        await self._event(transaction, query, payload, NOBODY)

    async def completed(self, transaction: Transaction, query: CohortQuery) -> None:
        await self._event(transaction, query, query_pb2.CohortQueryCompleted(query=query.name), NOBODY)

    async def cancelled(
        self, transaction: Transaction, query: CohortQuery, stopped: Sequence[ProviderAnswer], acting: Acting
    ) -> None:
        await self._event(transaction, query, query_pb2.CohortQueryCancelled(query=query.name), acting)
        # Without a task id: every open task of this query at the provider.
        work = task_pb2.Task(cancel=task_pb2.CancelWork())
        assignments = [tasks_pb2.Assignment(provider=answer.provider, task_id=str(uuid4())) for answer in stopped]
        await self._request(transaction, query, work, assignments, acting)

    async def _event(self, transaction: Transaction, query: CohortQuery, payload: Message, acting: Acting) -> None:
        await self._outbox.add_event(transaction, _EVENTS, query.name, payload, acting)

    async def _request(
        self,
        transaction: Transaction,
        query: CohortQuery,
        work: task_pb2.Task,
        assignments: Sequence[tasks_pb2.Assignment],
        acting: Acting,
    ) -> None:
        """Asks providers to do the work on the query's behalf; nothing where nobody is to do it."""
        if not assignments:
            return
        about = task_pb2.Task(
            asking_resource=query.name,
            asking_organisation=query.organisation,
            asking_country=query.country,
            purpose=query.purpose,
            deadline=_timestamp(query.deadline),
        )
        about.MergeFrom(work)
        requested = tasks_pb2.TasksRequested(task=about, assignments=assignments)
        await self._outbox.add(transaction, topics.TASKS, query.name, requested, acting)


def _timestamp(time: datetime) -> Timestamp:
    result = Timestamp()
    result.FromDatetime(time)
    return result
