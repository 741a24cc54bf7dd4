"""Queries, answers and providers in PostgreSQL."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Row, text

from kit.database.engine import Transaction
from kit.database.notify import notify
from kit.wire.expression import decode_expression, encode_expression
from oncordia.cohort.v1 import expression_pb2
from query_broker.adapters.report_json import from_json, to_json
from query_broker.application.ports import Position
from query_broker.domain.answer import ProviderAnswer
from query_broker.domain.provider import Provider, ProviderState
from query_broker.domain.query import CohortQuery, QueryState, Question

# Wakes who watches a query; the payload is its id.
CHANGED = "cohort_query_changed"

_ADD = text(
    """INSERT INTO cohort_queries VALUES (
         :id, :owner, :organisation, :country, :filter, :expression, :canonical_filter, CAST(:warnings AS jsonb),
         :purpose, :state, :create_time, :deadline, :end_time, :trace_id, :request_id, :request_digest)"""
)
_ADD_ANSWERS = text(
    """INSERT INTO provider_answers VALUES (
         :query_id, :provider, :display_name, :country, :task_id, :update_time, :state, CAST(:report AS jsonb))"""
)
_SAVE_ANSWER = text(
    """UPDATE provider_answers SET update_time = :update_time, state = :state, report = CAST(:report AS jsonb)
       WHERE query_id = :query_id AND provider = :provider"""
)
_ANSWERS = text("SELECT * FROM provider_answers WHERE query_id = :id ORDER BY provider")
_PAGE = text(
    """SELECT * FROM cohort_queries
       WHERE (CAST(:owner AS text) IS NULL OR owner = :owner)
         AND (CAST(:time AS timestamptz) IS NULL OR (create_time, id) < (:time, :id))
       ORDER BY create_time DESC, id DESC LIMIT :most"""
)
_OVERDUE = text(
    "SELECT id FROM cohort_queries WHERE state = 'RUNNING' AND deadline <= :now ORDER BY deadline LIMIT :most"
)


class PostgresQueries:
    async def add(self, transaction: Transaction, query: CohortQuery, request_id: str, request_digest: bytes) -> None:
        await transaction.execute(
            _ADD,
            {
                "id": query.id,
                "owner": query.owner,
                "organisation": query.organisation,
                "country": query.country,
                "filter": query.question.filter,
                "expression": encode_expression(query.question.expression).SerializeToString(),
                "canonical_filter": query.question.canonical_filter,
                "warnings": json.dumps(query.question.warnings),
                "purpose": query.purpose,
                "state": query.state.value,
                "create_time": query.create_time,
                "deadline": query.deadline,
                "end_time": query.end_time,
                "trace_id": query.trace_id,
                "request_id": request_id or None,
                "request_digest": request_digest,
            },
        )
        await transaction.execute(_ADD_ANSWERS, [_answer_values(query, answer) for answer in query.answers])

    async def by_request(
        self, transaction: Transaction, owner: str, request_id: str
    ) -> tuple[CohortQuery, bytes] | None:
        # Of two calls at once with one request id, the second waits for the first.
        await transaction.execute(
            text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": f"{owner} {request_id}"}
        )
        found = await transaction.execute(
            text("SELECT * FROM cohort_queries WHERE owner = :owner AND request_id = :request_id"),
            {"owner": owner, "request_id": request_id},
        )
        row = found.one_or_none()
        return None if row is None else (await self._whole(transaction, row), row.request_digest)

    async def get(self, transaction: Transaction, query_id: str) -> CohortQuery | None:
        return await self._one(transaction, "SELECT * FROM cohort_queries WHERE id = :id", query_id)

    async def locked(self, transaction: Transaction, query_id: str) -> CohortQuery | None:
        return await self._one(transaction, "SELECT * FROM cohort_queries WHERE id = :id FOR UPDATE", query_id)

    async def page(
        self, transaction: Transaction, owner: str | None, after: Position | None, most: int
    ) -> Sequence[CohortQuery]:
        time, last = (datetime.fromisoformat(after[0]), after[1]) if after else (None, None)
        found = await transaction.execute(_PAGE, {"owner": owner, "time": time, "id": last, "most": most})
        return [_query(row, ()) for row in found]

    async def save(self, transaction: Transaction, query: CohortQuery, changed: Sequence[ProviderAnswer]) -> None:
        if query.state is not QueryState.RUNNING:
            await transaction.execute(
                text("UPDATE cohort_queries SET state = :state, end_time = :end_time WHERE id = :id"),
                {"state": query.state.value, "end_time": query.end_time, "id": query.id},
            )
        if changed:
            await transaction.execute(_SAVE_ANSWER, [_report_values(query, answer) for answer in changed])
        await notify(transaction, CHANGED, query.id)

    async def overdue(self, transaction: Transaction, now: datetime, most: int) -> Sequence[str]:
        found = await transaction.execute(_OVERDUE, {"now": now, "most": most})
        return list(found.scalars())

    async def _one(self, transaction: Transaction, sql: str, query_id: str) -> CohortQuery | None:
        row = (await transaction.execute(text(sql), {"id": query_id})).one_or_none()
        return None if row is None else await self._whole(transaction, row)

    async def _whole(self, transaction: Transaction, row: Row[tuple[object, ...]]) -> CohortQuery:
        answers = await transaction.execute(_ANSWERS, {"id": row.id})
        return _query(row, tuple(_answer(answer) for answer in answers))


class PostgresProviders:
    async def all(self, transaction: Transaction) -> Sequence[Provider]:
        found = await transaction.execute(text("SELECT * FROM providers ORDER BY name"))
        return [Provider(row.name, row.display_name, row.country, ProviderState(row.state)) for row in found]

    async def put(self, transaction: Transaction, provider: Provider) -> None:
        await transaction.execute(
            text(
                """INSERT INTO providers VALUES (:name, :display_name, :country, :state) ON CONFLICT (name)
                   DO UPDATE SET display_name = :display_name, country = :country, state = :state"""
            ),
            {
                "name": provider.name,
                "display_name": provider.display_name,
                "country": provider.country,
                "state": provider.state.value,
            },
        )

    async def remove(self, transaction: Transaction, name: str) -> None:
        await transaction.execute(text("DELETE FROM providers WHERE name = :name"), {"name": name})


def _report_values(query: CohortQuery, answer: ProviderAnswer) -> dict[str, object]:
    return {
        "query_id": query.id,
        "provider": answer.provider,
        "update_time": answer.update_time,
        "state": answer.state.value,
        "report": json.dumps(to_json(answer.report)),
    }


def _answer_values(query: CohortQuery, answer: ProviderAnswer) -> dict[str, object]:
    return {
        **_report_values(query, answer),
        "display_name": answer.display_name,
        "country": answer.country,
        "task_id": answer.task_id,
    }


def _answer(row: Row[tuple[object, ...]]) -> ProviderAnswer:
    return ProviderAnswer(
        row.provider, row.display_name, row.country, row.task_id, row.update_time, from_json(row.report)
    )


def _query(row: Row[tuple[object, ...]], answers: tuple[ProviderAnswer, ...]) -> CohortQuery:
    return CohortQuery(
        id=row.id,
        owner=row.owner,
        organisation=row.organisation,
        country=row.country,
        question=Question(
            row.filter,
            decode_expression(expression_pb2.Expression.FromString(row.expression)),
            row.canonical_filter,
            tuple(row.warnings),
        ),
        purpose=row.purpose,
        state=QueryState(row.state),
        create_time=row.create_time,
        deadline=row.deadline,
        end_time=row.end_time,
        trace_id=row.trace_id,
        answers=answers,
    )
