"""Lets an operator destroy the key of a year's handles, once nobody may have to be told any more who acted in it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from audit_log.application.ports import Bodies, Vault
from audit_log.application.record import Record
from audit_log.domain.retention import Retention
from kit.database.engine import Database
from kit.errors import FailedPrecondition, InvalidInput
from kit.identity.caller import Caller


@dataclass(frozen=True, slots=True)
class RecordKeyDestruction:
    """Gives the event's id. Raises InvalidInput for what is no year, FailedPrecondition as long as it is too early."""

    database: Database
    vault: Vault
    bodies: Bodies
    retention: Retention
    record: Record

    async def __call__(self, caller: Caller, year: int) -> UUID:
        if not 2000 <= year <= 9000:
            raise InvalidInput.of("year", f"must be a calendar year; got {year}")
        ends = self.retention.year_ends(year)
        async with self.database.transaction() as transaction:
            now = await self.bodies.confirmed_time(transaction)
            if now is None or now < ends:
                raise FailedPrecondition(
                    "RETENTION_NOT_ENDED",
                    f"until {ends:%Y-%m-%d} it may have to be told who acted in {year}, and a day or two longer until "
                    "the log is sure of its clock",
                )
            if year in await self.vault.years(transaction):
                raise FailedPrecondition(
                    "VAULT_NOT_DONE", f"the vault is still forgetting the handles of {year}; try again in a minute"
                )
            return await self.record.actor_key_destroyed(transaction, caller, year)
