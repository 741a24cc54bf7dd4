"""Entries in PostgreSQL, for readers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, and_, false, or_, select

from audit_log.adapters.tables import bodies, entries
from audit_log.domain.entry import Attributes, Entry, EntryIndex
from audit_log.domain.scope import Scope
from audit_log.domain.search import Search
from kit.database.engine import Transaction
from tlog.evidence import Opening
from tlog.record import Salt

_ATTRIBUTES = tuple(entries.c[name] for name in Attributes.__dataclass_fields__)
_ENTRY = select(entries.c.index, entries.c.leaf, *_ATTRIBUTES)


class PostgresEntries:
    """Gets one, or searches."""

    async def get(self, transaction: Transaction, name: EntryIndex | UUID) -> Entry | None:
        column = entries.c.event_id if isinstance(name, UUID) else entries.c.index
        row = (await transaction.execute(_ENTRY.where(column == name))).one_or_none()
        return None if row is None else _entry(row)

    async def opening(self, transaction: Transaction, index: EntryIndex) -> Opening | None:
        found = await transaction.execute(select(bodies.c.salt, bodies.c.body).where(bodies.c.index == index))
        row = found.one_or_none()
        return None if row is None else Opening(Salt(row.salt), row.body)

    async def search(
        self, transaction: Transaction, search: Search, scope: Scope, before: EntryIndex | None, most: int
    ) -> list[Entry]:
        conditions = [*_conditions(search), *_allowed(scope)]
        if before is not None:
            conditions.append(entries.c.index < before)
        statement = _ENTRY.where(*conditions).order_by(entries.c.index.desc()).limit(most)
        return [_entry(row) for row in (await transaction.execute(statement)).all()]


def _entry(row: Row[Any]) -> Entry:
    values = tuple(row)
    return Entry(EntryIndex(values[0]), Attributes(*values[2:]), values[1])


def _conditions(search: Search) -> Sequence[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if search.actor:
        conditions.append(_is(entries.c.actor, search.actor))
    if search.type_prefix is not None:
        conditions.append(entries.c.type.startswith(search.type_prefix, autoescape=True))
    elif search.type:
        conditions.append(entries.c.type == search.type)
    if search.resource:
        conditions.append(entries.c.resource == search.resource)
    if search.trace_id:
        conditions.append(_is(entries.c.trace_id, search.trace_id))
    if search.start is not None:
        conditions.append(entries.c.time >= search.start)
    if search.end is not None:
        conditions.append(entries.c.time < search.end)
    return conditions


def _allowed(scope: Scope) -> Sequence[ColumnElement[bool]]:
    if scope.everything:
        return []
    allowed: list[ColumnElement[bool]] = [false()]
    if scope.actor:
        allowed.append(_is(entries.c.actor, scope.actor))
    if scope.organisation:
        allowed.append(_is(entries.c.organisation, scope.organisation))
    return [or_(*allowed)]


def _is(column: ColumnElement[str], value: str) -> ColumnElement[bool]:
    # Said twice for the planner: the index of such a column leaves the empty ones out.
    return and_(column == value, column != "")
