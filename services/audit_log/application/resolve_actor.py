"""Tells an auditor who is behind a handle. Asking is recorded, also where nobody is found."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from audit_log.application.ports import Finder, Vault
from audit_log.application.record import Record
from audit_log.domain.identity import Identity
from audit_log.domain.retention import Retention
from audit_log.domain.scope import EVERYTHING
from audit_log.domain.search import Search
from kit.clock import Clock
from kit.database.engine import Database
from kit.errors import FailedPrecondition, InvalidInput, NotFound
from kit.identity.caller import Caller

_HANDLE = re.compile(r"[0-9a-f]{64}")


def checked_handle(actor: str) -> None:
    """Raises InvalidInput for what is no handle."""
    if not _HANDLE.fullmatch(actor):
        raise InvalidInput.of("actor", "must be a handle as entries carry it, 64 hexadecimal digits")


@dataclass(frozen=True, slots=True)
class ResolveActor:
    """Raises InvalidInput for what is no handle, NotFound if the vault knows nobody behind it, FailedPrecondition if
    that is because the retention of its year has ended."""

    database: Database
    vault: Vault
    finder: Finder
    record: Record
    retention: Retention
    clock: Clock

    async def __call__(self, caller: Caller, actor: str) -> tuple[Identity, datetime | None]:
        """The identity and, if it is restricted, until when it is known."""
        checked_handle(actor)
        async with self.database.transaction() as transaction:
            identity = await self.vault.by_actor(transaction, actor)
            await self.record.actor_resolved(transaction, caller, actor, identity is not None)
        if identity is None:
            await self._check_year(actor)
            raise NotFound(f"actors/{actor}")
        return identity, self.retention.year_ends(identity.newest_year) if identity.erasure else None

    async def _check_year(self, actor: str) -> None:
        """A handle does not tell its year, but what was done under it does."""
        async with self.database.reading() as reading:
            entries = await self.finder.newest(reading, Search(actor=actor), EVERYTHING, None, 1)
        for entry in entries:
            year = entry.attributes.time.year
            ended = self.retention.year_ends(year)
            if ended <= self.clock.now():
                raise FailedPrecondition(
                    "RETENTION_ENDED",
                    f"the handle is of {year}; that it must be known who acted then ended on {ended:%Y-%m-%d}, and "
                    "nobody knows it any more",
                )
