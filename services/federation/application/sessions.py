"""Sessions of nodes: who holds which, and what their coming and going means for the provider."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from federation.application import wake
from federation.application.ports import Announcer, Certificates, Ledgers, NodeLogs, Providers, Sessions, Tasks
from federation.application.registry import refuse_open_tasks
from federation.domain.certificate import Serial
from federation.domain.ledger import LedgerMark
from federation.domain.node_log import LogMark, NodeLog
from federation.domain.provider import Link, Provider, ProviderId, Switch
from federation.domain.session import Ending, Session, SessionNumber, must_end, superseded
from kit.clock import Clock
from kit.database.engine import Database, Transaction
from kit.database.notify import notify
from kit.events.outbox import Acting


@dataclass(frozen=True, slots=True)
class Hello:
    """What a node says first."""

    provider: ProviderId
    serial: Serial
    instance: str
    node_version: str
    epoch: str
    disabled: bool
    ledger: LedgerMark | None
    log: LogMark | None


@dataclass(frozen=True, slots=True)
class Opened:
    """`ledger`: the furthest that the provider's ever was; `log`: how much of the node's log was taken."""

    session: Session
    provider: Provider
    ledger: LedgerMark | None
    log: NodeLog | None


class SessionKeeper:
    """Opens, checks and ends sessions. `replica` names this process of the hub."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        replica: UUID,
        lease: timedelta,
        providers: Providers,
        certificates: Certificates,
        sessions: Sessions,
        ledgers: Ledgers,
        logs: NodeLogs,
        tasks: Tasks,
        announcer: Announcer,
    ) -> None:
        self._database = database
        self._clock = clock
        self._replica = replica
        self._lease = lease
        self._providers = providers
        self._certificates = certificates
        self._sessions = sessions
        self._ledgers = ledgers
        self._logs = logs
        self._tasks = tasks
        self._announcer = announcer

    async def open(self, hello: Hello) -> Opened | Ending:
        """A new session of the provider, which ends every older one; or why there is none."""
        async with self._database.transaction() as transaction:
            now = self._clock.now()
            before = await self._providers.lock(transaction, hello.provider)
            latest = await self._sessions.latest(transaction, before.id)
            known = await self._sessions.knows(transaction, before.id, hello.instance)
            if superseded(latest, hello.instance, known):
                return Ending.SUPERSEDED
            told = _switched(before, hello.disabled, self._clock).told(
                node_version=hello.node_version, epoch=hello.epoch
            )
            after = told.linked(Link.UP, now) if told.enabled else told
            await self._change(transaction, before, after, "the node connected" if after.enabled else "switched off")
            if not after.enabled:
                return Ending.DISABLED
            number = SessionNumber(1 if latest is None else latest.number + 1)
            session = Session(before.id, number, hello.instance, hello.serial, self._replica, now + self._lease)
            await self._sessions.put(transaction, session)
            await notify(transaction, wake.PROVIDERS, wake.payload([before.id]))
            # Behind the new session: what an older process of the node sends is not taken any more.
            log = None
            if hello.log is not None:
                await self._logs.tell(transaction, after.id, hello.log)
                log = await self._logs.get(transaction, after.id, hello.log.id)
            return Opened(session, after, await self._furthest(transaction, after.id, hello.ledger), log)

    async def check(self, session: Session) -> Ending | None:
        """Why the session must end now, or None."""
        async with self._database.transaction() as transaction:
            return must_end(
                session,
                await self._sessions.latest(transaction, session.provider),
                await self._providers.get(transaction, session.provider),
                await self._certificates.get(transaction, session.serial),
                self._clock.now(),
            )

    async def told(
        self,
        session: Session,
        *,
        epoch: str | None = None,
        ledger: LedgerMark | None = None,
        log: LogMark | None = None,
        available: bool = True,
        draining: bool = False,
    ) -> None:
        """The node says that something about it changed."""
        async with self._database.transaction() as transaction:
            before = await self._providers.lock(transaction, session.provider)
            latest = await self._sessions.latest(transaction, session.provider)
            if latest is None or latest.number != session.number:
                return
            await self._furthest(transaction, session.provider, ledger)
            if log is not None:
                await self._logs.tell(transaction, session.provider, log)
            after = before.told(epoch=epoch)
            if not available:
                after = _switched(after, True, self._clock)
            elif draining:
                after = after.linked(Link.DRAINING, self._clock.now())
            reason = "switched off at the node" if not available else "the node is being stopped" if draining else ""
            await self._change(transaction, before, after, reason)
            if not available:
                await notify(transaction, wake.PROVIDERS, wake.payload([after.id]))

    async def ended(self, session: Session, reason: str) -> None:
        """The stream is closed. Changes nothing if a newer session has begun."""
        async with self._database.transaction() as transaction:
            await self._end(transaction, session, reason)

    async def extend(self) -> set[tuple[ProviderId, int]]:
        """Extends this replica's leases, and gives the sessions that it still holds."""
        async with self._database.transaction() as transaction:
            return await self._sessions.extend(transaction, self._replica, self._clock.now() + self._lease)

    async def end_overdue(self) -> None:
        """Ends the sessions of replicas that are gone."""
        async with self._database.transaction() as transaction:
            overdue = await self._sessions.overdue(transaction, self._clock.now())
        for session in overdue:
            await self.ended(session, "the hub's server that held the session is gone")

    async def _furthest(
        self, transaction: Transaction, provider: ProviderId, told: LedgerMark | None
    ) -> LedgerMark | None:
        """What is known of the ledger after the node told of it. The provider must be locked."""
        known = await self._ledgers.furthest(transaction, provider)
        if told is None or not told.follows(known):
            return known
        await self._ledgers.put(transaction, provider, told)
        return told

    async def _end(self, transaction: Transaction, session: Session, reason: str) -> None:
        before = await self._providers.lock(transaction, session.provider)
        if await self._sessions.end(transaction, session.provider, session.number):
            await self._change(transaction, before, before.linked(Link.DOWN, self._clock.now()), reason)

    async def _change(self, transaction: Transaction, before: Provider, after: Provider, reason: str) -> None:
        if after == before:
            return
        acting = Acting(actor=after.name, organisation=after.organisation, country=after.country)
        await self._providers.save(transaction, after)
        await self._announcer.changed(transaction, before, after, reason, acting)
        if before.enabled and not after.enabled:
            await refuse_open_tasks(transaction, after, self._tasks, self._announcer, self._clock.now())


def _switched(provider: Provider, disabled: bool, clock: Clock) -> Provider:
    """With the node's own switch as the node has it."""
    if disabled:
        return provider.switched_off(Switch.NODE, clock.now())
    if Switch.NODE in provider.off:
        return provider.switched_on(Switch.NODE, clock.now())
    return provider
