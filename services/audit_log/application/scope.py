"""Which entries a caller may know of, by their roles."""

from __future__ import annotations

from audit_log.domain.scope import Scope
from kit.identity.caller import Caller, Role


def scope_of(caller: Caller) -> Scope:
    """An auditor everything, a steward what was done for the organisation, everybody what they did themselves."""
    return Scope(
        everything=caller.has(Role.AUDITOR),
        actor=caller.actor,
        organisation=caller.organisation if caller.has(Role.PROVIDER_STEWARD) else "",
    )
