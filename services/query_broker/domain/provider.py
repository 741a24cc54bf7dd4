"""What the broker knows of a provider: kept from federation's state topic."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class ProviderState(Enum):
    """Where a provider's node stands; the names are federation's."""

    NEVER_CONNECTED = "NEVER_CONNECTED"
    LIVE = "LIVE"
    STALE = "STALE"
    DRAINING = "DRAINING"
    DISABLED_BY_PROVIDER = "DISABLED_BY_PROVIDER"
    DISABLED_BY_HUB = "DISABLED_BY_HUB"


@dataclass(frozen=True, slots=True)
class Provider:
    name: str
    display_name: str
    country: str
    state: ProviderState
