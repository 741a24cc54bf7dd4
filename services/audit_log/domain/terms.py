"""Terms: what the search index finds entries by. A search is a list of alternatives, of each of which one must hold."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum
from typing import NamedTuple

from audit_log.domain.scope import Scope
from audit_log.domain.search import Search


class Field(StrEnum):
    """The attributes that are indexed. Those that leave the fewest entries come first: they are looked up first."""

    TRACE_ID = "trace_id"
    RESOURCE = "resource"
    PERMIT = "permit"
    ACTOR = "actor"
    ORGANISATION = "organisation"
    TYPE = "type"
    COUNTRY = "country"
    OUTCOME = "outcome"


class Term(NamedTuple):
    """A value of a field. An empty value is no term: what does not apply is not found by."""

    field: Field
    value: str


Alternatives = frozenset[Term]
"""Entries with any of these. Without any, none."""


def alternatives(search: Search, scope: Scope, types: Collection[str]) -> list[Alternatives]:
    """What entries must have to match, but for their time; `types` are all that were ever logged."""
    asked = [_of_field(search, field, types) for field in Field]
    return [one for one in (*asked, _allowed(scope)) if one is not None]


def _of_field(search: Search, field: Field, types: Collection[str]) -> Alternatives | None:
    """None where every entry will do."""
    if field is Field.TYPE and search.type_prefix is not None:
        return _beginning(search.type_prefix, types)
    value: str = getattr(search, field)
    return frozenset({Term(field, value)}) if value else None


def _beginning(prefix: str, types: Collection[str]) -> Alternatives | None:
    found = frozenset(Term(Field.TYPE, type_) for type_ in types if type_.startswith(prefix))
    # Most types begin alike: what all begin with need not be looked up.
    return None if len(found) == len(types) else found


def _allowed(scope: Scope) -> Alternatives | None:
    if scope.everything:
        return None
    own = (Term(Field.ACTOR, scope.actor), Term(Field.ORGANISATION, scope.organisation))
    return frozenset(term for term in own if term.value)
