"""Do once, before the first question comes, what the first question would have to wait for."""

from __future__ import annotations

from node.application.ports import Indexes, Noise
from node.domain.counts import CountUnit
from node.domain.policy import ProviderPolicy
from node.domain.protection import noise_scale


class WarmUp:
    """Opens the index in use and makes the samplers of noise. Charges nothing and keeps no number."""

    def __init__(self, policy: ProviderPolicy, indexes: Indexes, noise: Noise) -> None:
        self._policy = policy
        self._indexes = indexes
        self._noise = noise

    def __call__(self) -> None:
        """Raises SnapshotError when the snapshot in use can't be read."""
        index = self._indexes.current()
        if index is not None:
            index.warm()
        for unit in CountUnit:
            self._noise.add(0, noise_scale(self._policy.rules, unit))
