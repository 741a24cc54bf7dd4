"""One-time invitations, with which a node enrols."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from federation.domain.provider import ProviderId
from kit.errors import PermissionDenied


@dataclass(frozen=True, slots=True)
class Invitation:
    """Only the hash of the token is kept."""

    token_hash: bytes
    provider: ProviderId
    expire_time: datetime
    used: bool = False


def token_hash(token: str) -> bytes:
    """Tokens are 256 random bits, so a plain hash is enough."""
    return hashlib.sha256(token.encode()).digest()


def check_usable(invitation: Invitation | None, now: datetime) -> Invitation:
    """Raises PermissionDenied, the same for a token that is unknown, used or expired: a guesser learns nothing."""
    if invitation is None or invitation.used or invitation.expire_time <= now:
        raise PermissionDenied(
            "INVITATION_NOT_VALID",
            "the invitation is unknown, used or expired; ask the hub's operator for a new one",
        )
    return invitation
