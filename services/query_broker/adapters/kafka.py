"""What the broker publishes: events of queries, and tasks for nodes."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import uuid4

from google.protobuf.message import Message

from kit.database.engine import Transaction
from kit.events import topics
from kit.events.outbox import NOBODY, Acting, Outbox, Prepared
from kit.events.outcome import Outcome
from kit.wire.expression import encode_expression
from kit.wire.timestamp import timestamp
from oncordia.border.v1 import task_pb2
from oncordia.events.v1 import query_pb2, tasks_pb2
from query_broker.adapters.wire import answer_to_proto
from query_broker.domain.answer import AnswerState, ProviderAnswer
from query_broker.domain.query import CohortQuery, QueryState

_EVENTS = topics.events("query")
# What is not here was done: a cancelled answer too, for that is what was asked.
_OUTCOMES = {
    AnswerState.REFUSED: Outcome.REFUSED,
    AnswerState.FAILED: Outcome.FAILED,
    AnswerState.TIMED_OUT: Outcome.FAILED,
}


class OutboxPublisher:
    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox

    async def asked(self, transaction: Transaction, query: CohortQuery, acting: Acting) -> None:
        created = query_pb2.CohortQueryCreated(
            query=query.name,
            canonical_filter=query.question.canonical_filter,
            providers=[answer.provider for answer in query.answers],
            deadline=timestamp(query.deadline),
        )
        work = task_pb2.CountWork(expression=encode_expression(query.question.expression))
        assignments = [
            tasks_pb2.Assignment(provider=answer.provider, task_id=answer.task_id)
            for answer in query.answers
            if not answer.state.is_final
        ]
        request = self._request(query, task_pb2.Task(count=work), assignments, acting)
        await self._outbox.add_all(transaction, [self._event(query, created, acting), *request])

    async def answered(self, transaction: Transaction, query: CohortQuery, final: Sequence[ProviderAnswer]) -> None:
        events = [self._answer(query, answer) for answer in final]
        if query.state is QueryState.COMPLETE:
            events.append(self._event(query, query_pb2.CohortQueryCompleted(query=query.name), NOBODY))
        await self._outbox.add_all(transaction, events)

    async def cancelled(
        self, transaction: Transaction, query: CohortQuery, stopped: Sequence[ProviderAnswer], acting: Acting
    ) -> None:
        event = self._event(query, query_pb2.CohortQueryCancelled(query=query.name), acting)
        # Without a task id: every open task of this query at the provider.
        work = task_pb2.Task(cancel=task_pb2.CancelWork())
        assignments = [tasks_pb2.Assignment(provider=answer.provider, task_id=str(uuid4())) for answer in stopped]
        await self._outbox.add_all(transaction, [event, *self._request(query, work, assignments, acting)])

    def _answer(self, query: CohortQuery, answer: ProviderAnswer) -> Prepared:
        recorded = query_pb2.CohortQueryAnswerRecorded(query=query.name, answer=answer_to_proto(answer))
        outcome = _OUTCOMES.get(answer.state, Outcome.DONE)
        return self._outbox.prepared_event(_EVENTS, query.name, recorded, outcome=outcome)

    def _event(self, query: CohortQuery, payload: Message, acting: Acting) -> Prepared:
        return self._outbox.prepared_event(_EVENTS, query.name, payload, acting)

    def _request(
        self, query: CohortQuery, work: task_pb2.Task, assignments: Sequence[tasks_pb2.Assignment], acting: Acting
    ) -> list[Prepared]:
        """Asks providers to do the work on the query's behalf; nothing where nobody is to do it."""
        if not assignments:
            return []
        about = task_pb2.Task(
            asking_resource=query.name,
            asking_organisation=query.organisation,
            asking_country=query.country,
            purpose=query.purpose,
            deadline=timestamp(query.deadline),
        )
        about.MergeFrom(work)
        requested = tasks_pb2.TasksRequested(task=about, assignments=assignments)
        return [self._outbox.prepared(topics.TASKS, query.name, requested, acting)]
