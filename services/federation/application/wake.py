"""The notification channels between replicas."""

from __future__ import annotations

from collections.abc import Iterable

from federation.domain.provider import ProviderId

TASKS = "federation_tasks"
"""There are new tasks. Payload: the providers' ids with commas between them."""
PROVIDERS = "federation_providers"
"""Something about providers changed that may end their sessions. Payload as above."""

# PostgreSQL takes at most 8,000 bytes. An empty payload means: look at all.
_MOST = 7_900


def payload(providers: Iterable[ProviderId]) -> str:
    text = ",".join(sorted(set(providers)))
    return text if len(text) <= _MOST else ""


def providers(text: str) -> frozenset[ProviderId] | None:
    """The providers in a payload; None means all."""
    return frozenset(ProviderId(part) for part in text.split(",")) if text else None
