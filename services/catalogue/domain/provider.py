"""A provider, as far as the catalogue needs it."""

from __future__ import annotations

from dataclasses import dataclass

from catalogue.domain.names import ProviderName


@dataclass(frozen=True, slots=True)
class Provider:
    """A read model of federation's state. `epoch` is empty before the node has data."""

    name: ProviderName
    display_name: str
    country: str
    organisation: str
    epoch: str
