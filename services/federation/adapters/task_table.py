"""The task journal in PostgreSQL. Every update asks for the states from which the task may move, so none moves back."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Row, text

from federation.application.ports import Added, GivenResult, Taken, TraceOf
from federation.domain.provider import ProviderId
from federation.domain.task import EndedTask, NewTask, OpenTask, TaskId, TaskState, may_precede
from kit.database.engine import Reading, Transaction

_CHANGED = "t.id, t.provider, t.asking_resource, t.state, t.traceparent"
# The share lock makes whoever switches a provider off wait, and then see the tasks of this transaction.
_ADD = text(
    """WITH enabled AS (
         SELECT id FROM providers WHERE id = ANY(CAST(:providers AS text[])) AND switched_off = '{}'
         ORDER BY id FOR SHARE),
       added AS (
         INSERT INTO tasks (id, provider, asking_resource, state, deadline, body, traceparent, trace_id, create_time)
         SELECT id, provider, asking_resource, 'PENDING', deadline, body, traceparent, trace_id, :now
         FROM unnest(CAST(:ids AS uuid[]), CAST(:providers AS text[]), CAST(:asking AS text[]),
                     CAST(:deadlines AS timestamptz[]), CAST(:bodies AS bytea[]), CAST(:traceparents AS text[]),
                     CAST(:traces AS bytea[]))
              AS g(id, provider, asking_resource, deadline, body, traceparent, trace_id)
         ON CONFLICT (id) DO NOTHING RETURNING id, provider)
       SELECT added.id, enabled.id IS NOT NULL AS enabled FROM added LEFT JOIN enabled ON enabled.id = added.provider"""
)
_OPEN = text(
    """SELECT id, provider, body, traceparent, delivered_as FROM tasks
       WHERE provider = ANY(:providers) AND state IN ('PENDING', 'DELIVERED') AND id <> ALL(CAST(:except_for AS uuid[]))
       ORDER BY number LIMIT :most"""
)
# One statement: which results come from the latest process of their provider's node, and what they end.
_DONE = text(
    f"""WITH g AS (
          SELECT g.id, g.provider, s.instance IS NOT DISTINCT FROM g.instance AS latest
          FROM unnest(CAST(:ids AS uuid[]), CAST(:providers AS text[]), CAST(:instances AS text[]))
               AS g(id, provider, instance)
          LEFT JOIN sessions s ON s.provider = g.provider),
        ended AS (
          UPDATE tasks t SET state = :state, end_time = :now FROM g
          WHERE t.id = g.id AND t.provider = g.provider AND g.latest AND t.state = ANY(:before)
          RETURNING {_CHANGED})
        SELECT g.id AS given, g.latest, ended.* FROM g LEFT JOIN ended ON ended.id = g.id"""  # noqa: S608 - constants
)
_DELIVERED = text(
    f"""UPDATE tasks t SET state = :state, delivered_as = g.traceparent
        FROM unnest(CAST(:ids AS uuid[]), CAST(:traceparents AS text[])) AS g(id, traceparent)
        WHERE t.id = g.id AND t.state = ANY(:before) RETURNING {_CHANGED}"""  # noqa: S608
)


def _ending(condition: str) -> str:
    # Locked in one order, without waiting for rows that somebody else is ending.
    return f"""UPDATE tasks t SET state = :state, end_time = :now
               WHERE t.id IN (SELECT id FROM tasks WHERE state = ANY(:before) AND {condition}
                              ORDER BY id LIMIT :most FOR UPDATE SKIP LOCKED)
               RETURNING {_CHANGED}"""  # noqa: S608


_END_NAMED = text(_ending("id = ANY(CAST(:ids AS uuid[]))"))
_END_OF_PROVIDER = text(_ending("provider = :provider"))
_CANCEL = text(_ending("provider = :provider AND asking_resource = :asking AND id = COALESCE(CAST(:task AS uuid), id)"))
_TIME_OUT = text(_ending("deadline <= :now"))
_GIVEN = text(
    """SELECT DISTINCT provider, trace_id FROM tasks
       JOIN unnest(CAST(:providers AS text[]), CAST(:traces AS bytea[])) AS g(provider, trace_id)
            USING (provider, trace_id)"""
)
_ALL = 2**31


class TaskTable:
    """The port Tasks."""

    async def add(self, transaction: Transaction, tasks: Sequence[NewTask], now: datetime) -> Added:
        added = await transaction.execute(
            _ADD,
            {
                "now": now,
                "ids": [task.id for task in tasks],
                "providers": [task.provider for task in tasks],
                "asking": [task.asking_resource for task in tasks],
                "deadlines": [task.deadline for task in tasks],
                "bodies": [task.body for task in tasks],
                "traceparents": [task.traceparent for task in tasks],
                "traces": [task.trace_id for task in tasks],
            },
        )
        rows = added.all()
        return Added(
            fresh={_id(row.id) for row in rows if row.enabled},
            hopeless={_id(row.id) for row in rows if not row.enabled},
        )

    async def open(
        self, reading: Reading, providers: Collection[ProviderId], except_for: Collection[TaskId], most: int
    ) -> list[OpenTask]:
        found = await reading.execute(
            _OPEN, {"providers": list(providers), "except_for": list(except_for), "most": most}
        )
        return [
            OpenTask(_id(row.id), ProviderId(row.provider), row.body, row.traceparent, row.delivered_as)
            for row in found
        ]

    async def done(self, transaction: Transaction, results: Sequence[GivenResult], now: datetime) -> Taken:
        rows = (
            await transaction.execute(
                _DONE,
                {
                    "ids": [result.task for result in results],
                    "providers": [result.provider for result in results],
                    "instances": [result.instance for result in results],
                    "state": TaskState.DONE.value,
                    "before": _before(TaskState.DONE),
                    "now": now,
                },
            )
        ).all()
        return Taken(
            ended=[_changed(row) for row in rows if row.id is not None],
            fenced=frozenset(_id(row.given) for row in rows if not row.latest),
        )

    async def delivered(self, transaction: Transaction, as_spans: dict[TaskId, str]) -> list[EndedTask]:
        marked = await transaction.execute(
            _DELIVERED,
            {
                "ids": list(as_spans),
                "traceparents": list(as_spans.values()),
                "state": TaskState.DELIVERED.value,
                "before": _before(TaskState.DELIVERED),
            },
        )
        return [_changed(row) for row in marked]

    async def refuse(self, transaction: Transaction, tasks: Collection[TaskId], now: datetime) -> list[EndedTask]:
        ended = await transaction.execute(_END_NAMED, _end(TaskState.DONE, now, _ALL) | {"ids": list(tasks)})
        return [_changed(row) for row in ended]

    async def refuse_all(self, transaction: Transaction, provider: ProviderId, now: datetime) -> list[EndedTask]:
        ended = await transaction.execute(_END_OF_PROVIDER, _end(TaskState.DONE, now, _ALL) | {"provider": provider})
        return [_changed(row) for row in ended]

    async def cancel(
        self,
        transaction: Transaction,
        provider: ProviderId,
        asking_resource: str,
        task: TaskId | None,
        now: datetime,
    ) -> list[EndedTask]:
        ended = await transaction.execute(
            _CANCEL,
            _end(TaskState.CANCELLED, now, _ALL) | {"provider": provider, "asking": asking_resource, "task": task},
        )
        return [_changed(row) for row in ended]

    async def time_out(self, transaction: Transaction, now: datetime, most: int) -> list[EndedTask]:
        ended = await transaction.execute(_TIME_OUT, _end(TaskState.TIMED_OUT, now, most))
        return [_changed(row) for row in ended]

    async def given(self, reading: Reading, traces: Collection[TraceOf]) -> set[TraceOf]:
        found = await reading.execute(
            _GIVEN, {"providers": [provider for provider, _ in traces], "traces": [trace for _, trace in traces]}
        )
        return {(ProviderId(row.provider), bytes(row.trace_id)) for row in found}

    async def forget(self, transaction: Transaction, ended_before: datetime) -> None:
        await transaction.execute(text("DELETE FROM tasks WHERE end_time < :before"), {"before": ended_before})


def _end(state: TaskState, now: datetime, most: int) -> dict[str, object]:
    return {"state": state.value, "before": _before(state), "now": now, "most": most}


def _before(state: TaskState) -> list[str]:
    return [before.value for before in may_precede(state)]


def _id(value: object) -> TaskId:
    # asyncpg gives a UUID type of its own.
    return TaskId(UUID(str(value)))


def _changed(row: Row[tuple[object, ...]]) -> EndedTask:
    return EndedTask(_id(row.id), ProviderId(row.provider), row.asking_resource, TaskState(row.state), row.traceparent)
