"""Sends the node's log to the hub, in order, from where the hub is."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from kit.events.node_log import MAX_EVENTS, NodeActor
from kit.telemetry.log import logger
from node.adapters.border.stream import BorderStream
from node.application.keep_log import KeepLog
from node.domain.node_log import LogAtHub, LogEntry, LogId
from oncordia.border.v1 import hub_message_pb2, node_log_pb2, node_message_pb2
from tlog.hashing import EMPTY_ROOT, as_hash

_log = logger(__name__)

LINGER_SECONDS = 0.25
"""An act waits so long for others, and lets the answer that it tells of go first."""
LOOK_SECONDS = 1.0
"""How often acts are looked for that other processes of this node noted."""
ACK_SECONDS = 30.0
RETRY_SECONDS = 2.0
MOST_BYTES = 2 * 1024 * 1024


class LogSender:
    """Run once in a process. Disk work is done in threads, one at a time."""

    def __init__(self, keep: KeepLog, actor: Callable[[str], NodeActor]) -> None:
        """`actor`: the node's provider, with the organisation that the hub names."""
        self._keep = keep
        self._actor = actor
        self._stream: BorderStream | None = None
        self._welcome: hub_message_pb2.Welcome | None = None
        self._at_hub = 0
        self._told = asyncio.Event()
        self._acts = asyncio.Event()
        self._sending = asyncio.Lock()
        self._trouble = ""

    def mark(self) -> node_log_pb2.NodeLogMark | None:
        """For Hello and heartbeats."""
        newest = self._keep.newest()
        return None if newest is None else node_log_pb2.NodeLogMark(log=newest.id, entries=newest.entries)

    def welcomed(self, stream: BorderStream, welcome: hub_message_pb2.Welcome) -> None:
        """A session began; a hub that does not know of logs is told nothing."""
        self._stream, self._welcome = (stream, welcome) if welcome.organisation else (None, None)
        self._told.set()
        self._acts.set()

    def ended(self) -> None:
        """The session is over."""
        self._stream = None
        self._told.set()

    def acted(self) -> None:
        """An act was noted."""
        self._acts.set()

    def acknowledged(self, ack: node_log_pb2.NodeEventsAck) -> None:
        """The hub says how far it is."""
        newest = self._keep.newest()
        if newest is not None and newest.id == ack.log:
            self._at_hub = ack.entries
            self._told.set()

    async def run(self) -> None:
        """Sends until cancelled."""
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._acts.wait(), LOOK_SECONDS)
                await asyncio.sleep(LINGER_SECONDS)
            try:
                await self.flush()
                self._trouble = ""
            except Exception as error:
                # Nothing is lost: acts wait in the journal.
                self._tell(str(error) or type(error).__name__)
                await asyncio.sleep(RETRY_SECONDS)

    async def flush(self) -> None:
        """Seals what waits and sends it, until the hub has it all or the session is over. Raises what the disk does."""
        async with self._sending:
            await self._flush()

    async def _flush(self) -> None:
        self._acts.clear()
        stream = self._stream
        if stream is None:
            return
        if self._welcome is not None:
            await self._meet(self._welcome)
        entries = await asyncio.to_thread(self._keep.seal)
        while self._at_hub < entries and self._stream is stream:
            before = self._at_hub
            self._told.clear()
            stream.send(node_message_pb2.NodeMessage(events=await asyncio.to_thread(self._batch, before)))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._told.wait(), ACK_SECONDS)
            if self._at_hub <= before and self._stream is stream:
                await asyncio.sleep(RETRY_SECONDS)

    def _tell(self, trouble: str) -> None:
        if trouble != self._trouble:
            _log.error("the node's log does not grow now, trying again", error=trouble)
        self._trouble = trouble

    async def _meet(self, welcome: hub_message_pb2.Welcome) -> None:
        self._at_hub = await asyncio.to_thread(self._keep.meet, self._actor(welcome.organisation), _at_hub(welcome))
        if self._welcome is welcome:
            self._welcome = None

    def _batch(self, after: int) -> node_log_pb2.NodeEvents:
        newest = self._keep.newest()
        entries = _within(self._keep.entries(after, MAX_EVENTS))
        return node_log_pb2.NodeEvents(
            log=newest.id if newest is not None else "",
            first_number=after + 1,
            events=[node_log_pb2.NodeEvent(body=entry.body, salt=entry.salt, leaf=entry.leaf) for entry in entries],
        )


def _within(entries: list[LogEntry]) -> list[LogEntry]:
    """As many as may go together, at least one."""
    size = 0
    for count, entry in enumerate(entries):
        size += len(entry.body)
        if count and size > MOST_BYTES:
            return entries[:count]
    return entries


def _at_hub(welcome: hub_message_pb2.Welcome) -> LogAtHub | None:
    if not welcome.HasField("log"):
        return None
    mark = welcome.log
    return LogAtHub(LogId(mark.log), mark.entries, as_hash(mark.root, "root") if mark.entries else EMPTY_ROOT)
