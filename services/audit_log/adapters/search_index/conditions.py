"""A search and a scope as conditions of SQL: what an entry must say to be found."""

from __future__ import annotations

from sqlalchemy import ColumnElement, false, or_

from audit_log.adapters.tables import entries
from audit_log.domain.scope import Scope
from audit_log.domain.search import Search
from audit_log.domain.terms import Field


def conditions(search: Search, scope: Scope) -> list[ColumnElement[bool]]:
    """All of them must hold."""
    result = [
        entries.c[field] == value
        for field in Field
        if (value := getattr(search, field)) and not (field is Field.TYPE and search.type_prefix is not None)
    ]
    if search.type_prefix:
        result.append(entries.c.type.startswith(search.type_prefix, autoescape=True))
    if search.start is not None:
        result.append(entries.c.time >= search.start)
    if search.end is not None:
        result.append(entries.c.time < search.end)
    if not scope.everything:
        result.append(_allowed(scope))
    return result


def _allowed(scope: Scope) -> ColumnElement[bool]:
    allowed: list[ColumnElement[bool]] = [false()]
    if scope.actor:
        allowed.append(entries.c.actor == scope.actor)
    if scope.organisation:
        allowed.append(entries.c.organisation == scope.organisation)
    return or_(*allowed)
