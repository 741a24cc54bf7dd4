"""Takes a person's request to be forgotten, and lists those that were taken. Neither tells an operator who is who."""

from __future__ import annotations

from dataclasses import dataclass

from audit_log.application.ports import Erasures, Vault
from audit_log.application.record import Record
from audit_log.application.resolve_actor import checked_handle
from audit_log.domain.erasure import Erasure
from audit_log.domain.retention import Retention
from kit.clock import Clock
from kit.database.engine import Database, Transaction
from kit.errors import InvalidInput, NotFound
from kit.identity.caller import Caller
from kit.identity.handles import Handles


@dataclass(frozen=True, slots=True)
class TokenHolder:
    """A person as their tokens name them. Not shown by repr."""

    issuer: str
    token_subject: str

    def __repr__(self) -> str:
        return "TokenHolder()"

    def __post_init__(self) -> None:
        if not self.issuer or not self.token_subject:
            raise InvalidInput.of("token_holder", "needs the issuer and the subject claim of the person's tokens")


@dataclass(frozen=True, slots=True)
class RequestErasure:
    """Gives the erasure that the request made, or an earlier one made. Raises InvalidInput for what is no handle,
    NotFound if the vault knows nobody like that and never forgot them; that is recorded too."""

    database: Database
    vault: Vault
    erasures: Erasures
    handles: Handles
    retention: Retention
    record: Record
    clock: Clock

    async def __call__(self, caller: Caller, person: TokenHolder | str) -> Erasure:
        """`person` is an actor handle, or who holds tokens."""
        if isinstance(person, str):
            checked_handle(person)
        async with self.database.transaction() as transaction:
            subject = await self._subject(transaction, person)
            erasure = None if subject is None else await self._erasure(transaction, caller, subject)
            if erasure is None:
                await self.record.erasure_requested(transaction, caller, None)
        if erasure is None:
            raise NotFound("such person in the vault")
        return erasure

    async def _subject(self, transaction: Transaction, person: TokenHolder | str) -> str | None:
        if isinstance(person, str):
            return await self.vault.subject_of(transaction, person)
        return self.handles.subject(person.issuer, person.token_subject)

    async def _erasure(self, transaction: Transaction, caller: Caller, subject: str) -> Erasure | None:
        known = await self.vault.by_subject(transaction, subject)
        earlier = await self.erasures.newest_of(transaction, subject)
        # Who came back after an erasure may ask for another.
        if earlier is not None and (earlier.erase_time is None or known is None):
            return earlier
        if known is None:
            return None
        until = self.retention.year_ends(known.newest_year)
        erasure = await self.erasures.add(transaction, subject, self.clock.now(), until)
        await self.record.erasure_requested(transaction, caller, erasure)
        return erasure


@dataclass(frozen=True, slots=True)
class ListErasures:
    """Newest first, before a place in the list."""

    database: Database
    erasures: Erasures

    async def __call__(self, before: int | None, most: int) -> list[tuple[int, Erasure]]:
        async with self.database.reading() as reading:
            return await self.erasures.page(reading, before, most)
