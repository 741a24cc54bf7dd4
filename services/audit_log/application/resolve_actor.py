"""Tells an auditor who is behind a handle. Asking is recorded, also where nobody is found."""

from __future__ import annotations

import re
from dataclasses import dataclass

from audit_log.application.ports import Vault
from audit_log.application.record import Record
from audit_log.domain.identity import Identity
from kit.database.engine import Database
from kit.errors import InvalidInput, NotFound
from kit.identity.caller import Caller

_HANDLE = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class ResolveActor:
    """Raises InvalidInput for what is no handle, NotFound if the vault knows nobody behind it."""

    database: Database
    vault: Vault
    record: Record

    async def __call__(self, caller: Caller, actor: str) -> Identity:
        if not _HANDLE.fullmatch(actor):
            raise InvalidInput.of("actor", "must be a handle as entries carry it, 64 hexadecimal digits")
        async with self.database.transaction() as transaction:
            identity = await self.vault.by_actor(transaction, actor)
            await self.record.actor_resolved(transaction, caller, actor, identity is not None)
        if identity is None:
            raise NotFound(f"actors/{actor}")
        return identity
