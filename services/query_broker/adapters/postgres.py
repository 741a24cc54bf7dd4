"""Queries, answers and providers in PostgreSQL."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import Row, text

from kit.database.engine import Reading, Transaction, on_commit
from kit.wire.expression import decode_expression, encode_expression
from oncordia.cohort.v1 import expression_pb2
from query_broker.adapters.report_json import from_json, to_json
from query_broker.application.ports import Position
from query_broker.domain.answer import ProviderAnswer
from query_broker.domain.provider import Provider, ProviderState
from query_broker.domain.query import CohortQuery, QueryState, Question

# Wakes who watches a query in another process; the payload is its id.
CHANGED = "cohort_query_changed"

# One exchange with the server each, because a query waits for them one after the other.
_ADD = text(
    """WITH query AS (
         INSERT INTO cohort_queries VALUES (
           :id, :owner, :organisation, :country, :filter, :expression, :canonical_filter, CAST(:warnings AS jsonb),
           :purpose, :state, :create_time, :deadline, :end_time, :trace_id, :request_id, :request_digest)
         ON CONFLICT (owner, request_id) DO NOTHING RETURNING id)
       INSERT INTO provider_answers (query_id, provider, display_name, country, task_id, update_time, state, report)
       SELECT query.id, provider, display_name, country, task_id, update_time, state, report
       FROM query, jsonb_to_recordset(CAST(:answers AS jsonb)) AS g(
         provider text, display_name text, country text, task_id text, update_time timestamptz, state text,
         report jsonb)"""
)
_SAVE = text(
    """WITH query AS (
         UPDATE cohort_queries SET state = :state, end_time = :end_time WHERE id = :id AND state <> :state),
       answers AS (
         UPDATE provider_answers a SET update_time = g.update_time, state = g.state, report = g.report
         FROM jsonb_to_recordset(CAST(:answers AS jsonb)) AS g(
           provider text, update_time timestamptz, state text, report jsonb)
         WHERE a.query_id = :id AND a.provider = g.provider)
       SELECT pg_notify(:channel, :id)"""
)
_GET = text(
    """SELECT q.*, coalesce(
         (SELECT jsonb_agg(to_jsonb(a) ORDER BY a.provider) FROM provider_answers a WHERE a.query_id = q.id), '[]'
       ) AS answers FROM cohort_queries q WHERE q.id = :id"""
)
# Two statements: after waiting for the lock, the answers must be read anew.
_LOCK = text("SELECT 1 FROM cohort_queries WHERE id = :id FOR UPDATE")
_PAGE = text(
    """SELECT * FROM cohort_queries
       WHERE (CAST(:owner AS text) IS NULL OR owner = :owner)
         AND (CAST(:time AS timestamptz) IS NULL OR (create_time, id) < (:time, :id))
       ORDER BY create_time DESC, id DESC LIMIT :most"""
)
# Without an owner auditors alone read it: what was asked stays, and what it cost the providers' budgets.
_DETACH = text("UPDATE cohort_queries SET owner = '', request_id = NULL WHERE owner = :owner")
_OVERDUE = text(
    "SELECT id FROM cohort_queries WHERE state = 'RUNNING' AND deadline <= :now ORDER BY deadline LIMIT :most"
)


class PostgresQueries:
    """`tell` gets each query whose change this process has committed; other processes are notified."""

    def __init__(self, tell: Callable[[CohortQuery], None]) -> None:
        self._tell = tell

    async def add(self, transaction: Transaction, query: CohortQuery, request_id: str, request_digest: bytes) -> bool:
        added = await transaction.execute(
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
                "answers": _answers(query.answers),
            },
        )
        if added.rowcount == 0:
            return False
        on_commit(transaction, partial(self._tell, query))
        return True

    async def detach(self, transaction: Transaction, owner: str) -> int:
        """Leaves the owner's queries without one. How many there were."""
        return (await transaction.execute(_DETACH, {"owner": owner})).rowcount

    async def by_request(
        self, transaction: Transaction, owner: str, request_id: str
    ) -> tuple[CohortQuery, bytes] | None:
        found = await transaction.execute(
            text("SELECT id, request_digest FROM cohort_queries WHERE owner = :owner AND request_id = :request_id"),
            {"owner": owner, "request_id": request_id},
        )
        row = found.one_or_none()
        query = None if row is None else await self.get(transaction, row.id)
        return None if row is None or query is None else (query, row.request_digest)

    async def get(self, reading: Reading, query_id: str) -> CohortQuery | None:
        row = (await reading.execute(_GET, {"id": query_id})).one_or_none()
        return None if row is None else _query(row, tuple(_answer(answer) for answer in row.answers))

    async def locked(self, transaction: Transaction, query_id: str) -> CohortQuery | None:
        await transaction.execute(_LOCK, {"id": query_id})
        return await self.get(transaction, query_id)

    async def page(
        self, reading: Reading, owner: str | None, after: Position | None, most: int
    ) -> Sequence[CohortQuery]:
        time, last = (datetime.fromisoformat(after[0]), after[1]) if after else (None, None)
        found = await reading.execute(_PAGE, {"owner": owner, "time": time, "id": last, "most": most})
        return [_query(row, ()) for row in found]

    async def save(self, transaction: Transaction, query: CohortQuery, changed: Sequence[ProviderAnswer]) -> None:
        await transaction.execute(
            _SAVE,
            {
                "id": query.id,
                "state": query.state.value,
                "end_time": query.end_time,
                "answers": _answers(changed),
                "channel": CHANGED,
            },
        )
        on_commit(transaction, partial(self._tell, query))

    async def overdue(self, reading: Reading, now: datetime, most: int) -> Sequence[str]:
        found = await reading.execute(_OVERDUE, {"now": now, "most": most})
        return list(found.scalars())


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


def _answers(answers: Sequence[ProviderAnswer]) -> str:
    """As JSON, with the columns of their table."""
    return json.dumps(
        [
            {
                "provider": answer.provider,
                "display_name": answer.display_name,
                "country": answer.country,
                "task_id": answer.task_id,
                "update_time": answer.update_time.isoformat(),
                "state": answer.state.value,
                "report": to_json(answer.report),
            }
            for answer in answers
        ]
    )


def _answer(columns: dict[str, Any]) -> ProviderAnswer:
    return ProviderAnswer(
        provider=columns["provider"],
        display_name=columns["display_name"],
        country=columns["country"],
        task_id=columns["task_id"],
        update_time=datetime.fromisoformat(columns["update_time"]),
        report=from_json(columns["report"]),
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
