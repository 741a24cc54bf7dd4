"""Takes the entries of nodes' own logs, each once and in order, and publishes them as events."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from federation.application.border import RETRY_SECONDS, Stream
from federation.application.node_event import SentEvent, Unacceptable, checked
from federation.application.ports import Announcer, NodeLogs, Providers, Sessions
from federation.domain.node_log import LogId, NodeLog
from federation.domain.provider import Provider
from kit.clock import Clock
from kit.database.engine import Database, Transaction, is_passing
from kit.events.node_log import producer_of
from kit.events.outbox import Prepared
from kit.telemetry.log import logger
from tlog.hashing import leaf_hashes

_log = logger(__name__)

_WAITING = 50


@dataclass(frozen=True, slots=True)
class SentEvents:
    """Entries of a log, from `first` on, as they came through a stream."""

    stream: Stream
    log: LogId
    first: int
    events: Sequence[SentEvent]


class TakeNodeEvents:
    """Run once in a replica. What it can't take now is sent again by its node."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        providers: Providers,
        sessions: Sessions,
        logs: NodeLogs,
        announcer: Announcer,
    ) -> None:
        self._database = database
        self._clock = clock
        self._providers = providers
        self._sessions = sessions
        self._logs = logs
        self._announcer = announcer
        # Bounded, so that nodes feel it when events can't be taken.
        self._arrived: asyncio.Queue[SentEvents] = asyncio.Queue(_WAITING)

    async def put(self, sent: SentEvents) -> None:
        """Waits while too many are waiting."""
        await self._arrived.put(sent)

    async def run(self) -> None:
        """Takes until cancelled."""
        while True:
            sent = await self._arrived.get()
            while True:
                try:
                    entries = await self.take(sent)
                except Exception as error:
                    if is_passing(error):
                        _log.warning("the database is away, events of nodes wait", events=len(sent.events))
                        await asyncio.sleep(RETRY_SECONDS)
                        continue
                    # Another node's events must not wait for it.
                    _log.error("events of a node can't be taken", provider=sent.stream.provider.name, exc_info=error)
                    break
                if entries is not None:
                    sent.stream.take_log(sent.log, entries)
                break

    async def take(self, sent: SentEvents) -> int | None:
        """How many entries of the log the hub has then; None if the node process is not its provider's latest."""
        session = sent.stream.session
        async with self._database.transaction() as transaction:
            # Locked, so that no new session is told how far the log is while this goes on.
            provider = await self._providers.lock(transaction, session.provider)
            latest = await self._sessions.latest(transaction, session.provider)
            if latest is None or latest.instance != session.instance:
                return None
            known = await self._logs.lock(transaction, session.provider, sent.log)
            # What came before, after a lost acknowledgement. What would leave a gap is not taken.
            fresh = sent.events[known.entries + 1 - sent.first :] if sent.first <= known.entries + 1 else []
            if not fresh:
                return known.entries
            await self._publish(transaction, provider, known, fresh)
            grown = known.frontier.appended(leaf_hashes([event.leaf for event in fresh]))
            await self._logs.put(transaction, session.provider, NodeLog(known.id, grown), self._clock.now())
            return grown.size

    async def _publish(
        self, transaction: Transaction, provider: Provider, known: NodeLog, fresh: Sequence[SentEvent]
    ) -> None:
        producer = producer_of(provider.name, known.id)
        accepted: list[Prepared] = []
        for number, event in enumerate(fresh, known.entries + 1):
            try:
                accepted.append(checked(event, provider, producer, number))
            except Unacceptable as error:
                _log.error("an event of a node is refused", provider=provider.name, number=number, reason=str(error))
                await self._announcer.node_event_refused(transaction, provider, known.id, number, str(error))
        await self._announcer.node_acted(transaction, accepted)
