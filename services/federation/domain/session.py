"""Who holds a provider's stream, and when it must end.

A session's number is its fencing token: it grows with every session of the provider, and what comes from an older
one counts no more.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import NewType
from uuid import UUID

from federation.domain.certificate import Certificate, Serial
from federation.domain.provider import Provider, ProviderId

SessionNumber = NewType("SessionNumber", int)


@dataclass(frozen=True, slots=True)
class Session:
    """`instance` is the node process's random name, `replica` the process of the hub that holds the stream."""

    provider: ProviderId
    number: SessionNumber
    instance: str
    serial: Serial
    replica: UUID
    lease_until: datetime
    held: bool = True


class Ending(Enum):
    """Why the hub ends a session; the name is the reason that the node gets."""

    SUPERSEDED = "another node with this identity connected later; start this one again only if it is the right one"
    REPLACED = "this node opened a newer session"
    DISABLED = "the provider is switched off"
    REVOKED = "the certificate was revoked; ask the hub's operator for a new invitation"
    EXPIRED = "the certificate has expired; ask the hub's operator for a new invitation"
    DRAINING = "this server of the hub is being stopped; connect again"
    SILENT = "no heartbeat came in time; connect again"
    LOST = "this server of the hub lost the session; connect again"

    @property
    def reconnect(self) -> bool:
        """Whether the node may connect again by itself. To a disabled provider it may knock now and then."""
        return self in (Ending.DISABLED, Ending.DRAINING, Ending.SILENT, Ending.LOST)


def superseded(latest: Session | None, instance: str, known_instance: bool) -> bool:
    """Whether a process that wants to connect is the older of two: it had a session, and the latest is another's.

    A process that was never seen is the newer one; one that merely reconnects has the latest session itself.
    """
    return known_instance and latest is not None and latest.instance != instance


def must_end(
    session: Session, latest: Session | None, provider: Provider, certificate: Certificate | None, now: datetime
) -> Ending | None:
    """Why this session must end now, or None while it may go on."""
    if certificate is None or certificate.revoked:
        return Ending.REVOKED
    if certificate.expire_time <= now:
        return Ending.EXPIRED
    if latest is None or latest.number != session.number:
        replaced = latest is not None and latest.instance == session.instance
        return Ending.REPLACED if replaced else Ending.SUPERSEDED
    if not latest.held:
        return Ending.LOST
    if not provider.enabled:
        return Ending.DISABLED
    return None
