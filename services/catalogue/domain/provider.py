"""A provider, as far as the catalogue needs it."""

from __future__ import annotations

from dataclasses import dataclass

from catalogue.domain.names import ProviderName


@dataclass(frozen=True, slots=True)
class Provider:
    """A read model of federation's state. `epoch` is empty before the node has data.

    One that is `gone` takes no part any more, and is kept only because its data sets name it.
    """

    name: ProviderName
    display_name: str
    country: str
    organisation: str
    epoch: str
    gone: bool = False
