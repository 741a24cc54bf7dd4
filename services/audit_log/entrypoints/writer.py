"""The one writer: of all replicas, the one that holds the lock appends, publishes, seals, watches and deletes what its
time is over; the others read.

Where a message can't be taken the writer appends nothing more, and says so; what is in the log is published and read
as before. It keeps the lock, so that no other replica meets the same message, until it is started anew.
"""

from __future__ import annotations

import asyncio
import contextlib
import zlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import asyncpg

from audit_log import metrics
from audit_log.application.collect_cosignatures import CollectCosignatures
from audit_log.application.ports import FilesUnwritable
from audit_log.application.publish import Fenced, Publish
from audit_log.application.seal import Seal
from audit_log.application.watch_gaps import Gap, WatchGaps
from audit_log.domain.retention import Kind
from kit.database.engine import Database, is_passing
from kit.events.consumer import Consumer, Halted
from kit.telemetry.log import logger

_log = logger(__name__)

_LOCK = (0x0C0, zlib.crc32(b"audit_log.writer") & 0x7FFFFFFF)
_RETRY_SECONDS = 0.5
# Wake-ups may be missed, so the writer also looks by itself.
_LOOK_SECONDS = 0.5
_WATCH_SECONDS = 5.0
_DISK_SECONDS = 2.0
_SEAL_SECONDS = 1.0


@dataclass(slots=True)
class Writer:
    """`publish`, `watch` and `collect` make a new use case at each start, because they remember how far they are.
    `collect` is None where the hub has no witness policy. `chores` are what time brings, done again and again.

    The lock is only an election: should two writers overlap for a moment, the stored offsets, the lock on the tree
    and the conditional replacement of the checkpoint let one of them through.
    """

    database: Database
    consumer: Callable[[], Consumer]
    publish: Callable[[], Publish]
    watch: Callable[[], WatchGaps]
    seal: Seal
    chores: Sequence[Callable[[], Awaitable[None]]]
    chore_seconds: float
    grown: asyncio.Event
    checkpoint_seconds: float
    collect: Callable[[], CollectCosignatures] | None = None

    async def run(self) -> None:
        """Writes until cancelled. Raises FailedPrecondition where going on would make it worse."""
        while True:
            try:
                await self._lead()
            except (Fenced, asyncpg.InterfaceError, OSError) as error:
                _log.warning("writer starts again", error=type(error).__name__)
            except Exception as error:
                if not is_passing(error):
                    raise
                _log.warning("writer waits", error=type(error).__name__)
            await asyncio.sleep(_RETRY_SECONDS)

    async def _lead(self) -> None:
        lock = await self.database.connect_alone()
        try:
            await lock.execute("SELECT pg_advisory_lock($1, $2)", *_LOCK)
            _log.info("writing the log")
            closed = asyncio.Event()
            lock.add_termination_listener(lambda _connection: closed.set())
            await _until_one_ends(
                closed.wait(),
                self._take(),
                self._publish(),
                self._watch(),
                self._seal(),
                self._do_chores(),
                *self._collect_cosignatures(),
            )
        finally:
            lock.terminate()

    async def _take(self) -> None:
        metrics.HALTED.set(0)
        try:
            await self.consumer().run()
        except Halted as halt:
            metrics.HALTED.set(1)
            _log.error("the log takes nothing more until it is repaired and started anew", reason=str(halt))
            await asyncio.Event().wait()

    async def _publish(self) -> None:
        publish = self.publish()
        while True:
            # Each checkpoint takes what comes soon after the first, so that a busy log does not sign for every entry.
            await asyncio.sleep(self.checkpoint_seconds)
            self.grown.clear()
            try:
                await publish()
            except FilesUnwritable as error:
                # Events are logged all the same, and read; only their checkpoint waits.
                _log.error("no checkpoint is signed until there is room: free space or mend the disk", full=str(error))
                publish = self.publish()
                await asyncio.sleep(_DISK_SECONDS)
                continue
            if publish.size is not None:
                metrics.CHECKPOINT_SIZE.set(publish.size)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.grown.wait(), _LOOK_SECONDS)

    def _collect_cosignatures(self) -> list[Awaitable[None]]:
        if self.collect is None:
            return []
        collect = self.collect()
        return [collect.aim(), *(collect.follow(witness) for witness in collect.policy.witnesses)]

    async def _watch(self) -> None:
        watch = self.watch()
        while True:
            metrics.MISSING_NUMBERS.set(await watch())
            await asyncio.sleep(_WATCH_SECONDS)

    async def _seal(self) -> None:
        while True:
            try:
                metrics.SEALED.set(await self.seal())
            except Exception as error:
                if is_passing(error):
                    raise
                # Events are logged and found all the same; only finding them takes ever longer.
                _log.error("the search index does not grow", exc_info=error)
            await asyncio.sleep(_SEAL_SECONDS)

    async def _do_chores(self) -> None:
        while True:
            for chore in self.chores:
                try:
                    await chore()
                except Exception as error:
                    if isinstance(error, Fenced) or is_passing(error):
                        raise
                    # Events are logged and read all the same; only that what has ended is kept for too long.
                    _log.error("what is to be forgotten is not", chore=type(chore).__name__, exc_info=error)
            await asyncio.sleep(self.chore_seconds)


def tell_expired(kind: Kind, bodies: int) -> None:
    """A metric, for the operator."""
    metrics.EXPIRED.labels(kind).inc(bodies)


def tell_gap(gap: Gap) -> None:
    """An error line for the operator."""
    _log.error(
        "events are missing: their producer has numbered them, and they did not come",
        producer=gap.producer,
        first_number=gap.missing.start,
        last_number=gap.missing.end,
    )


async def _until_one_ends(*jobs: Awaitable[object]) -> None:
    """Runs all until one ends, ends the others, and raises what it raised."""
    tasks = [asyncio.ensure_future(job) for job in jobs]
    try:
        ended, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in ended:
        await task
