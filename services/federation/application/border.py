"""The streams that this replica holds: what goes out through them, and when they must end."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial

from opentelemetry import trace

from federation.application import wake
from federation.application.journal import Journal
from federation.application.sessions import SessionKeeper
from federation.domain.node_log import LogId
from federation.domain.provider import Provider, ProviderId
from federation.domain.session import Ending, Session
from federation.domain.task import OpenTask, TaskId
from kit.database.engine import Transaction, is_passing, on_commit
from kit.database.notify import notify
from kit.telemetry.log import logger
from kit.telemetry.tracing import current_traceparent, remote_context

_log = logger(__name__)
_tracer = trace.get_tracer("federation.border")

WINDOW = 200
"""Tasks that a node has at a time; more wait in the journal."""
LOOK_SECONDS = 5.0
"""A wake-up may be missed, so this replica also looks by itself."""
UNANSWERED_SECONDS = 0.3
"""A task that is answered faster is never reported as delivered: that saves writes on the fast path."""
RETRY_SECONDS = 0.5
ACKNOWLEDGE_SECONDS = 0.1
"""A node keeps a result until it is acknowledged, and no one waits for that: acknowledgements go together, and when the
answer is through."""


@dataclass(frozen=True, slots=True)
class Deliver:
    task: OpenTask
    traceparent: str


@dataclass(frozen=True, slots=True)
class Acknowledge:
    tasks: tuple[TaskId, ...]


@dataclass(frozen=True, slots=True)
class LogTaken:
    """`entries` of the node's log are taken."""

    log: LogId
    entries: int


@dataclass(frozen=True, slots=True)
class Finish:
    ending: Ending


Outgoing = Deliver | Acknowledge | LogTaken | Finish


@dataclass
class Sent:
    """A task that is at the node. `told`: it was reported as delivered."""

    at: float
    traceparent: str
    told: bool


@dataclass(eq=False)
class Stream:
    """One open stream. What is put into `outgoing` is written to the node in that order; None is its end."""

    session: Session
    provider: Provider
    outgoing: asyncio.Queue[Outgoing | None] = field(default_factory=asyncio.Queue)
    sent: dict[TaskId, Sent] = field(default_factory=dict)
    taken: list[TaskId] = field(default_factory=list)
    draining: bool = False
    ending: Ending | None = None

    @property
    def has_room(self) -> bool:
        """Whether its node can be given one more task now. What it can't be given waits in the journal."""
        return not self.draining and self.ending is None and len(self.sent) < WINDOW

    def deliver(self, task: OpenTask) -> None:
        """Sends a task, in a span that is a child of the asking side's. A second delivery is linked to the first."""
        first = trace.get_current_span(remote_context(task.delivered_as)).get_span_context()
        with _tracer.start_as_current_span(
            "border deliver",
            context=remote_context(task.traceparent),
            kind=trace.SpanKind.PRODUCER,
            links=[trace.Link(first)] if first.is_valid else None,
            attributes={"oncordia.provider": self.provider.name, "oncordia.task.id": str(task.id)},
        ):
            traceparent = current_traceparent()
        self.sent[task.id] = Sent(time.monotonic(), task.delivered_as or traceparent, bool(task.delivered_as))
        self.outgoing.put_nowait(Deliver(task, traceparent))

    def acknowledge(self) -> None:
        """Tells the node whose results are taken."""
        if self.taken:
            self.outgoing.put_nowait(Acknowledge(tuple(self.taken)))
            self.taken.clear()

    def take_log(self, log: LogId, entries: int) -> None:
        """Tells the node how far the hub has its log."""
        self.outgoing.put_nowait(LogTaken(log, entries))

    def finish(self, ending: Ending) -> None:
        """Ends the stream; the first reason stands."""
        if self.ending is None:
            self.ending = ending
            self.acknowledge()
            self.outgoing.put_nowait(Finish(ending))


class _Woken:
    """Providers that something happened to since the last look."""

    def __init__(self) -> None:
        self._providers: set[ProviderId] = set()
        self._some = asyncio.Event()

    def add(self, providers: Iterable[ProviderId]) -> None:
        self._providers.update(providers)
        if self._providers:
            self._some.set()

    async def take(self, seconds: float) -> set[ProviderId]:
        """Waits for some, at most so long; none means that the time is up."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._some.wait(), seconds)
        self._some.clear()
        taken, self._providers = self._providers, set()
        return taken


class Streams:
    """All streams of this replica, by provider, and the work that goes on around them."""

    def __init__(self, keeper: SessionKeeper, journal: Journal) -> None:
        self._keeper = keeper
        self._journal = journal
        self._streams: dict[ProviderId, Stream] = {}
        self._due = _Woken()
        self._doubtful = _Woken()
        self._some_sent = asyncio.Event()
        self._some_taken = asyncio.Event()

    def add(self, stream: Stream) -> None:
        """Begins to deliver to it. An older stream of the provider here is ended."""
        older = self._streams.get(stream.session.provider)
        if older is not None:
            older.finish(Ending.REPLACED if older.session.instance == stream.session.instance else Ending.SUPERSEDED)
        self._streams[stream.session.provider] = stream
        self._due.add([stream.session.provider])

    def remove(self, stream: Stream) -> None:
        """It is closed."""
        if self._streams.get(stream.session.provider) is stream:
            del self._streams[stream.session.provider]

    def finish_all(self, ending: Ending) -> None:
        for stream in list(self._streams.values()):
            stream.finish(ending)

    def tasks_came(self, payload: str) -> None:
        """Notification: there may be tasks for these providers."""
        self._due.add(self._named(payload))

    def providers_changed(self, payload: str) -> None:
        """Notification: these providers' streams may have to end."""
        self._doubtful.add(self._named(payload))

    def answered(self, stream: Stream, tasks: Iterable[TaskId]) -> None:
        """Their results are committed: fill the window again, and acknowledge them soon."""
        full = len(stream.sent) >= WINDOW
        for task in tasks:
            stream.sent.pop(task, None)
            stream.taken.append(task)
        self._some_taken.set()
        if full:
            self._due.add([stream.session.provider])

    def expected(self) -> set[TaskId]:
        """Tasks that their nodes have not had for long, and whose results may come at any moment."""
        since = time.monotonic() - UNANSWERED_SECONDS
        return {task for stream in self._streams.values() for task, sent in stream.sent.items() if sent.at >= since}

    async def deliver(self) -> None:
        """Sends open tasks when they come, for all woken providers in one look at the journal."""
        while True:
            due = await self._due.take(LOOK_SECONDS) or set(self._streams)
            try:
                await self._deliver_to(due)
            except Exception as error:
                _note(error, "deliver")
                await asyncio.sleep(RETRY_SECONDS)
                self._due.add(due)

    async def end_in_doubt(self) -> None:
        """Ends streams that may not go on, as soon as that is known."""
        while True:
            doubtful = await self._doubtful.take(LOOK_SECONDS) or set(self._streams)
            try:
                await self._check(doubtful)
            except Exception as error:
                _note(error, "check")
                await asyncio.sleep(RETRY_SECONDS)
                self._doubtful.add(doubtful)

    async def keep_leases(self) -> None:
        """Extends the leases; ends streams whose session was taken away, and sessions whose replica is gone."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                before = list(self._streams.values())
                held = await self._keeper.extend()
                for stream in before:
                    if (stream.session.provider, stream.session.number) not in held:
                        self.providers_changed(stream.session.provider)
                await self._keeper.end_overdue()
            except Exception as error:
                _note(error, "leases")

    async def hand_over(self, transaction: Transaction, tasks: Sequence[OpenTask]) -> None:
        """Delivers tasks once the transaction that took them is committed; whose streams are not here, by others."""
        on_commit(transaction, partial(self._send, tasks))
        elsewhere = {task.provider for task in tasks} - self._streams.keys()
        if elsewhere:
            await notify(transaction, wake.TASKS, wake.payload(elsewhere))

    async def acknowledge(self) -> None:
        """Acknowledges results that were taken."""
        while True:
            await self._some_taken.wait()
            await asyncio.sleep(ACKNOWLEDGE_SECONDS)
            self._some_taken.clear()
            for stream in self._streams.values():
                stream.acknowledge()

    async def report_deliveries(self) -> None:
        """Reports tasks that their node has had for a while without an answer."""
        while True:
            await self._some_sent.wait()
            await asyncio.sleep(UNANSWERED_SECONDS)
            if not any(not sent.told for stream in self._streams.values() for sent in stream.sent.values()):
                self._some_sent.clear()
                continue
            try:
                for stream in list(self._streams.values()):
                    await self.mark_delivered(stream, UNANSWERED_SECONDS)
            except Exception as error:
                _note(error, "delivered")

    async def mark_delivered(self, stream: Stream, after_seconds: float = 0.0) -> None:
        """Marks what was sent at least so long ago and has no answer."""
        before = time.monotonic() - after_seconds
        waiting = {task: sent for task, sent in stream.sent.items() if not sent.told and sent.at <= before}
        if waiting:
            await self._journal.delivered({task: sent.traceparent for task, sent in waiting.items()})
            for sent in waiting.values():
                sent.told = True

    async def _deliver_to(self, due: set[ProviderId]) -> None:
        room = {p: s for p in due if (s := self._streams.get(p)) and s.has_room}
        if not room:
            return
        at_nodes = [task for stream in room.values() for task in stream.sent]
        tasks = await self._journal.open_tasks(list(room), at_nodes, WINDOW * len(room))
        # A stream that was opened meanwhile has a look of its own.
        self._send([task for task in tasks if self._streams.get(task.provider) is room[task.provider]])

    def _send(self, tasks: Sequence[OpenTask]) -> None:
        for task in tasks:
            stream = self._streams.get(task.provider)
            if stream is not None and stream.has_room and task.id not in stream.sent:
                stream.deliver(task)
                self._some_sent.set()

    async def _check(self, doubtful: set[ProviderId]) -> None:
        for provider in doubtful:
            stream = self._streams.get(provider)
            if stream is not None:
                ending = await self._keeper.check(stream.session)
                if ending is not None:
                    stream.finish(ending)

    def _named(self, payload: str) -> set[ProviderId]:
        named = wake.providers(payload)
        return set(self._streams) if named is None else {p for p in named if p in self._streams}


def _note(error: Exception, work: str) -> None:
    if is_passing(error):
        _log.warning("the database is away, trying again", work=work)
    else:
        _log.error("border work failed, trying again", work=work, exc_info=error)
