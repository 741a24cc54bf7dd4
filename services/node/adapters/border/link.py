"""The link to the hub: always outwards, opened again when it is lost, with every result sent until acknowledged."""

from __future__ import annotations

import asyncio
import contextlib
import random
import uuid
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Protocol

import grpc

from kit.clock import Clock
from kit.telemetry.log import logger
from node.adapters.border.identity import Identity, IdentityFolder
from node.adapters.border.log_sender import LogSender
from node.adapters.border.span_buffer import SpanBuffer
from node.adapters.border.stream import BorderStream, Ended
from node.adapters.border.task_worker import Journal, TaskWorker
from node.adapters.border.wire import hub_mark, hub_policy, ledger_mark
from node.adapters.files.switch_file import SwitchFile
from node.domain.answer import TaskId
from node.domain.journal import PendingResult
from node.domain.ledger import LedgerMark
from oncordia.border.v1 import hub_message_pb2, node_message_pb2, node_span_pb2, task_result_pb2

_log = logger(__name__)

FIRST_WAIT_SECONDS = 0.3
LONGEST_WAIT_SECONDS = 10.0
"""A hub that comes back has its nodes back in so many seconds, and they come spread over them."""
DISABLED_WAIT_SECONDS = 15.0
LOOK_SECONDS = 0.25
"""How often the switch, and after a refusal the certificate, is looked at."""
SPAN_SECONDS = 0.25
"""Spans wait so long, to go together and after the answer that they tell of."""
DRAIN_SECONDS = 10.0
# Renewal is due at a random point between these shares of a certificate's life, so that nodes don't come together.
RENEW_FROM, RENEW_UNTIL = 0.5, 0.65
RENEW_RETRY_SECONDS = 30.0
# A day more than the hub remembers a task that has ended.
KEEP_TASKS = timedelta(days=9)
FORGET_SECONDS = 24 * 3600.0


class Ledger(Protocol):
    """What the hub is told of the ledger, and tells of it."""

    def mark(self) -> LedgerMark | None: ...

    def compare(self, at_hub: LedgerMark) -> None: ...


class BorderLink:
    """Run once in a process. `instance` names the process, so that the hub knows the newer of two."""

    def __init__(
        self,
        folder: IdentityFolder,
        switch: SwitchFile,
        journal: Journal,
        spans: SpanBuffer,
        worker: Callable[[Callable[[PendingResult], None]], TaskWorker],
        epoch: Callable[[], str],
        ledger: Ledger,
        log: LogSender,
        clock: Clock,
        node_version: str,
        data_model_version: str,
        address: str | None = None,
        proxy: str | None = None,
    ) -> None:
        self._folder = folder
        self._switch = switch
        self._journal = journal
        self._spans = spans
        self._worker = worker(self._result_ready)
        self._epoch = epoch
        self._ledger = ledger
        self._log = log
        self._clock = clock
        self._versions = (node_version, data_model_version)
        self._address = address
        self._proxy = proxy
        self._instance = uuid.uuid4().hex
        self._active: BorderStream | None = None
        self._stopping = asyncio.Event()
        self._unacknowledged: set[TaskId] = set()
        self._acknowledged: asyncio.Queue[list[TaskId]] = asyncio.Queue()

    @property
    def connected(self) -> bool:
        """Whether the hub has welcomed the node and the stream is open."""
        return self._active is not None

    def stop(self) -> None:
        """Finishes what was begun, says so to the hub, and ends."""
        self._stopping.set()

    async def run(self) -> None:
        """Holds the link until stopped. Raises NodeError if the node has not enrolled."""
        self._folder.read()
        work = (self._send_spans(), self._note_acknowledged(), self._forget(), self._log.run())
        jobs = [asyncio.create_task(job) for job in work]
        wait = FIRST_WAIT_SECONDS
        try:
            while not self._stopping.is_set():
                began = self._clock.now()
                identity = self._folder.read()
                ended = self._hopeless(identity) or await self._hold(self._stream(identity))
                if self._stopping.is_set():
                    return
                if self._clock.now() - began > timedelta(seconds=LONGEST_WAIT_SECONDS):
                    wait = FIRST_WAIT_SECONDS
                wait = await self._pause(ended, identity, wait)
        finally:
            for job in jobs:
                job.cancel()
            self._worker.close()

    async def _hold(self, stream: BorderStream) -> Ended:
        """Keeps one stream, or after a renewal its successor, until it ends or the node is stopped."""
        running = asyncio.create_task(stream.run())
        watching = asyncio.create_task(self._watch_switch())
        stopping = asyncio.create_task(self._stopping.wait())
        renewing = asyncio.create_task(self._renewed(stream))
        try:
            while True:
                await asyncio.wait({running, stopping, renewing}, return_when=asyncio.FIRST_COMPLETED)
                if running.done():
                    return running.result()
                if stopping.done():
                    return await self._drained(stream, running)
                successor = renewing.result()
                following = asyncio.create_task(successor.run())
                welcomed = asyncio.create_task(successor.welcomed.wait())
                await asyncio.wait({following, welcomed}, return_when=asyncio.FIRST_COMPLETED)
                welcomed.cancel()
                # The hub has ended the old stream by now; if the new one failed, the loop outside opens another.
                stream.close()
                stream, running = successor, following
                renewing = asyncio.create_task(self._renewed(stream))
        finally:
            for task in (watching, stopping, renewing, running):
                task.cancel()
            self._active = None
            self._log.ended()

    async def _drained(self, stream: BorderStream, running: asyncio.Task[Ended]) -> Ended:
        stream.send(_available(True, draining=True))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_SECONDS):
                await self._worker.finish()
                while self._unacknowledged and not running.done():
                    await asyncio.wait({running}, timeout=0.05)
                await self._log.flush()
                self._flush_spans()
                stream.send(node_message_pb2.NodeMessage(heartbeat=self._heartbeat()))
                stream.close()
                await asyncio.wait({running})
        return Ended("STOPPED", "the node is being stopped", False)

    async def _renewed(self, stream: BorderStream) -> BorderStream:
        """Waits until the certificate is to be renewed, and renews it; the stream with the new one."""
        identity = stream.identity
        life = (identity.expire_time - identity.begin_time).total_seconds()
        due = identity.begin_time + timedelta(seconds=life * random.uniform(RENEW_FROM, RENEW_UNTIL))  # noqa: S311
        await asyncio.sleep((due - self._clock.now()).total_seconds())
        while True:
            try:
                await stream.welcomed.wait()
                key, certificate = await stream.renew()
                self._folder.renew(key, certificate)
                _log.info("certificate renewed")
                return self._stream(self._folder.read())
            except (grpc.RpcError, OSError) as error:
                _log.warning("the certificate can't be renewed now, trying again", error=type(error).__name__)
                await asyncio.sleep(min(RENEW_RETRY_SECONDS, life / 20))

    def _stream(self, identity: Identity) -> BorderStream:
        version, model = self._versions
        hello = node_message_pb2.Hello(
            node_version=version,
            data_model_version=model,
            epoch=self._epoch(),
            instance_id=self._instance,
            disabled=self._switch.off,
            ledger=ledger_mark(self._ledger.mark()),
            log=self._log.mark(),
        )
        address = self._address or identity.enrolment.border_address
        return BorderStream(address, identity, hello, self._heartbeat, self._welcomed, self._take, self._proxy)

    def _heartbeat(self) -> node_message_pb2.Heartbeat:
        return node_message_pb2.Heartbeat(
            epoch=self._epoch(), ledger=ledger_mark(self._ledger.mark()), log=self._log.mark()
        )

    def _welcomed(self, stream: BorderStream, welcome: hub_message_pb2.Welcome) -> None:
        at_hub = hub_mark(welcome)
        if at_hub is not None:
            self._ledger.compare(at_hub)
        _log.info("connected to the hub", session=welcome.session)
        self._worker.policy = hub_policy(welcome.policy)
        self._active = stream
        self._log.welcomed(stream, welcome)
        for pending in self._journal.pending_results():
            self._result_ready(pending)

    def _take(self, message: hub_message_pb2.HubMessage) -> None:
        match message.WhichOneof("message"):
            case "task":
                self._worker.take(message.task)
            case "result_ack":
                self._acknowledged.put_nowait([TaskId(task) for task in message.result_ack.task_ids])
            case "events_ack":
                self._log.acknowledged(message.events_ack)

    def _result_ready(self, pending: PendingResult) -> None:
        """Sends it if there is a stream; if not, the next one's Welcome does."""
        self._unacknowledged.add(pending.task_id)
        self._log.acted()
        if self._active is not None:
            result = task_result_pb2.TaskResult.FromString(pending.result)
            self._active.send(node_message_pb2.NodeMessage(result=result))

    async def _note_acknowledged(self) -> None:
        while True:
            tasks = await self._acknowledged.get()
            try:
                await self._worker.in_pool(partial(_acknowledge, self._journal, tasks))
            except Exception as error:
                # Sent once more after the next Welcome, which changes nothing at the hub.
                _log.warning("acknowledgements can't be noted", error=type(error).__name__)
            self._unacknowledged.difference_update(tasks)

    async def _forget(self) -> None:
        while True:
            try:
                await self._worker.in_pool(partial(self._journal.forget, self._clock.now() - KEEP_TASKS))
            except Exception as error:
                _log.warning("old tasks can't be forgotten now", error=type(error).__name__)
            await asyncio.sleep(FORGET_SECONDS)

    async def _send_spans(self) -> None:
        while True:
            await asyncio.sleep(SPAN_SECONDS)
            self._flush_spans()

    def _flush_spans(self) -> None:
        while self._active is not None and (spans := self._spans.take()):
            self._active.send(node_message_pb2.NodeMessage(spans=node_span_pb2.NodeSpans(spans=spans)))

    async def _watch_switch(self) -> None:
        """Tells the hub as soon as the provider switches itself off; the hub then ends the stream."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            if self._switch.off and self._active is not None:
                self._active.send(_available(False))
                return

    def _hopeless(self, identity: Identity) -> Ended | None:
        if identity.expire_time <= self._clock.now():
            return Ended("EXPIRED", "the certificate has expired; ask the hub's operator for a new invitation", False)
        return None

    async def _pause(self, ended: Ended, identity: Identity, wait: float) -> float:
        """Waits before the next attempt, for as long as the reason asks for; gives the longest wait after that."""
        if self._switch.off and ended.reason == "DISABLED":
            _log.info("switched off; `oncordia-node enable` switches on again")
            await self._until(lambda: not self._switch.off)
            return FIRST_WAIT_SECONDS
        if ended.reason == "SUPERSEDED":
            _log.error("stopped: another node with this identity connected later; start this one again if it is right")
            await self._until(lambda: False)
            return FIRST_WAIT_SECONDS
        if not ended.reconnect:
            _log.error("waiting for a new enrolment", reason=ended.reason, message=ended.message)
            await self._until(lambda: self._folder.read().serial != identity.serial)
            return FIRST_WAIT_SECONDS
        if ended.reason == "DISABLED":
            wait = DISABLED_WAIT_SECONDS
        elif ended.reason != "LOST":
            wait = FIRST_WAIT_SECONDS
        _log.warning("not connected, trying again", reason=ended.reason, message=ended.message)
        # Full jitter: a thousand nodes must not come back in the same second.
        await self._until(lambda: False, wait * random.uniform(0.2, 1.0))  # noqa: S311 - not a secret
        return min(wait * 2, LONGEST_WAIT_SECONDS)

    async def _until(self, condition: Callable[[], bool], seconds: float | None = None) -> None:
        """Until it holds, the time is up or the node is stopped."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not condition() and not self._stopping.is_set():
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(self._stopping.wait(), LOOK_SECONDS)


def _acknowledge(journal: Journal, tasks: list[TaskId]) -> None:
    for task in tasks:
        journal.acknowledge(task)


def _available(available: bool, *, draining: bool = False) -> node_message_pb2.NodeMessage:
    return node_message_pb2.NodeMessage(
        availability=node_message_pb2.Availability(available=available, draining=draining)
    )
