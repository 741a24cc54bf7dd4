"""The newest checkpoint that meets the witness policy, for readers."""

from __future__ import annotations

from dataclasses import dataclass

from audit_log.application.ports import CosignedCheckpoints
from audit_log.domain.published import Published
from audit_log.domain.round import cosignatures_in
from kit.errors import FailedPrecondition
from tlog.policy import Policy


@dataclass(frozen=True, slots=True)
class NewestCosigned:
    """Raises FailedPrecondition where the hub has no policy."""

    policy: Policy | None
    cosigned: CosignedCheckpoints

    async def newest(self) -> Published | None:
        """None before the first. One that was cosigned under an earlier policy must meet today's too."""
        if self.policy is None:
            raise FailedPrecondition(
                "NO_WITNESS_POLICY", "this hub collects no cosignatures of witnesses; ask without `cosigned`"
            )
        stored = await self.cosigned.newest()
        if stored is None or not self.policy.is_met(cosignatures_in(stored.note, self.policy).keys()):
            return None
        return stored
