"""Forgets who people were: those who asked for it once no law asks to know them, and everybody when a year ends."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from audit_log.application.ports import Bodies, Erasures, Finder, Vault
from audit_log.application.record import Record
from audit_log.domain.erasure import ErasureId, erasure_name
from audit_log.domain.retention import Retention
from audit_log.domain.scope import EVERYTHING
from audit_log.domain.search import Search
from kit.clock import Clock
from kit.database.engine import Database

CONFIRMATION: Final = "oncordia.events.v1.SubjectErased"

# Kafka keeps what services are told for a week. One that was down for longer is told again.
_TELL_AGAIN = timedelta(days=1)
_MOST_CONFIRMATIONS = 1_000


@dataclass(frozen=True, slots=True)
class CarryOutErasures:
    """Each step is a transaction, and may be done again. Only the one writer of the log runs it.

    `unconfirmed` is told how many erasures some service has not confirmed. What is due goes by the confirmed time
    (Bodies.confirmed_time), so that a clock that jumps makes nobody forgotten.
    """

    database: Database
    vault: Vault
    erasures: Erasures
    bodies: Bodies
    finder: Finder
    holders: Sequence[str]
    retention: Retention
    record: Record
    clock: Clock
    unconfirmed: Callable[[int], None]

    async def __call__(self) -> None:
        async with self.database.transaction() as transaction:
            now = await self.bodies.confirmed_time(transaction)
            waiting = await self.erasures.waiting(transaction)
            unconfirmed = await self.erasures.unconfirmed(transaction)
        if now is not None:
            for erasure in waiting:
                await self._carry_out(erasure, now)
            await self._end_years(now)
        self.unconfirmed(len(unconfirmed))
        for erasure in unconfirmed:
            await self._confirm(erasure)

    async def _carry_out(self, erasure: ErasureId, now: datetime) -> None:
        async with self.database.transaction() as transaction:
            # With it nobody can put the identity back meanwhile.
            subject = await self.erasures.lock(transaction, erasure)
            if subject is None:
                return
            known = await self.vault.by_subject(transaction, subject)
            if known is not None and now < (until := self.retention.year_ends(known.newest_year)):
                # They may have signed in since.
                await self.erasures.postpone(transaction, erasure, until)
                return
            await self.vault.delete(transaction, subject)
            await self.erasures.carried_out(transaction, erasure, self.clock.now())
            await self.record.erasure_carried_out(transaction, erasure)
            await self.record.erase_subject(transaction, erasure, subject)

    async def _confirm(self, erasure: ErasureId) -> None:
        """The log itself knows who has confirmed. Once all have, nobody needs the subject any more."""
        search = Search(resource=erasure_name(erasure), type=CONFIRMATION)
        async with self.database.reading() as reading:
            entries = await self.finder.newest(reading, search, EVERYTHING, None, _MOST_CONFIRMATIONS)
        confirmed = {entry.attributes.producer for entry in entries} & set(self.holders)
        now = self.clock.now()
        async with self.database.transaction() as transaction:
            subject = await self.erasures.confirm(transaction, erasure, confirmed)
            if subject is not None and await self.erasures.tell(transaction, erasure, now - _TELL_AGAIN, now):
                await self.record.erase_subject(transaction, erasure, subject)

    async def _end_years(self, now: datetime) -> None:
        """A name that nobody asked to forget goes with the last year that it must be known for."""
        async with self.database.transaction() as transaction:
            years = await self.vault.years(transaction)
        for year in sorted(years):
            if self.retention.year_ends(year) <= now:
                async with self.database.transaction() as transaction:
                    handles, people = await self.vault.forget_year(transaction, year)
                    if handles:
                        await self.record.actor_year_ended(transaction, year, handles, people)
