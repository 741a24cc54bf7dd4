"""Who calls, as the rest of the code knows them: by handles, never by name."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum

from kit.errors import Unauthenticated


class Role(StrEnum):
    """The names are those of oncordia.type.v1.Role without the prefix, in lower case, as tokens carry them."""

    RESEARCHER = "researcher"
    PROVIDER_STEWARD = "provider_steward"
    ACCESS_COMMITTEE = "access_committee"
    OPERATOR = "operator"
    AUDITOR = "auditor"
    SERVICE = "service"
    NODE = "node"


@dataclass(frozen=True, slots=True)
class Caller:
    """`subject` owns resources and stays in tables; `actor` is the handle that events, logs and spans carry."""

    subject: str
    actor: str
    organisation: str
    country: str
    roles: frozenset[Role]

    def has(self, *roles: Role) -> bool:
        """Whether the caller has one of the roles."""
        return not self.roles.isdisjoint(roles)


_current: ContextVar[Caller | None] = ContextVar("caller", default=None)


def set_caller(caller: Caller | None) -> None:
    """Set by the interceptor that admitted the call."""
    _current.set(caller)


def current_caller() -> Caller:
    """Who makes the current call. Raises Unauthenticated if nobody is known."""
    caller = _current.get()
    if caller is None:
        raise Unauthenticated("NO_TOKEN", "this call needs a token; sign in with `oncordia login`")
    return caller
