"""What a caller is to the registry."""

from __future__ import annotations

from kit.identity.caller import Caller, Role
from model_registry.domain.access import Viewer


def viewer(caller: Caller) -> Viewer:
    """Operators and auditors see every model."""
    return Viewer(caller.organisation, caller.has(Role.OPERATOR, Role.AUDITOR))
