"""Takes results, all that came meanwhile in one transaction, and acknowledges them once they are committed."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass

from federation.application.border import RETRY_SECONDS, Stream, Streams
from federation.application.journal import Journal
from federation.application.ports import GivenResult
from federation.domain.task import TaskId
from kit.database.engine import is_passing
from kit.telemetry.log import logger

_log = logger(__name__)

BATCH = 200
LINGER_SECONDS = 0.01
"""Results of one query come close together. All of them in one transaction, and so on through Kafka to the asker, cost
hardly more than the first alone, and the last of them is there sooner."""


@dataclass(frozen=True, slots=True)
class Arrived:
    stream: Stream
    result: GivenResult


class ResultTaker:
    """One for all streams of a replica. While the database is away results wait; nothing is acknowledged early."""

    def __init__(self, journal: Journal, streams: Streams) -> None:
        self._journal = journal
        self._streams = streams
        # Bounded, so that nodes feel it when results can't be taken.
        self._arrived: asyncio.Queue[Arrived] = asyncio.Queue(BATCH * 5)

    async def put(self, arrived: Arrived) -> None:
        """Waits while too many are waiting."""
        await self._arrived.put(arrived)

    async def run(self) -> None:
        """Takes until cancelled."""
        while True:
            batch = await self._batch()
            while True:
                if await self._taken(batch):
                    break
                await asyncio.sleep(RETRY_SECONDS)

    async def _batch(self) -> list[Arrived]:
        """What has arrived, and what arrives so soon after the first that to wait for it is no loss."""
        batch = [await self._arrived.get()]
        expected = self._streams.expected() - {batch[0].result.task}
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LINGER_SECONDS):
                while len(batch) < BATCH and (expected or not self._arrived.empty()):
                    batch.append(await self._arrived.get())
                    expected.discard(batch[-1].result.task)
        return batch

    async def _taken(self, batch: list[Arrived]) -> bool:
        # A task may be in the batch twice, when its node sent it again.
        results = {arrived.result.task: arrived.result for arrived in batch}
        try:
            fenced = await self._journal.take(list(results.values()))
        except Exception as error:
            if is_passing(error):
                _log.warning("the database is away, results wait", results=len(batch))
            else:
                _log.error("results can't be taken, trying again", results=len(batch), exc_info=error)
            return False
        by_stream: dict[Stream, list[TaskId]] = {}
        for arrived in batch:
            if arrived.result.task not in fenced:
                by_stream.setdefault(arrived.stream, []).append(arrived.result.task)
        for stream, tasks in by_stream.items():
            self._streams.answered(stream, tasks)
        return True
