"""Which entries somebody may know of."""

from __future__ import annotations

from dataclasses import dataclass

from audit_log.domain.entry import Attributes


@dataclass(frozen=True, slots=True)
class Scope:
    """`everything`, with bodies; or else, without, what the actor did, and what was done for the organisation."""

    everything: bool
    actor: str
    organisation: str

    def allows(self, entry: Attributes) -> bool:
        """Whether an entry is in the scope. An empty handle or organisation is nobody's."""
        if self.everything:
            return True
        if self.actor and entry.actor == self.actor:
            return True
        return bool(self.organisation) and entry.organisation == self.organisation


EVERYTHING = Scope(everything=True, actor="", organisation="")
"""What the log itself may know of."""
