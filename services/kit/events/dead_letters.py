"""Messages that a consumer could not take: kept with the reason, replayed by command, and never without end."""

from __future__ import annotations

import time
from collections import deque
from uuid import uuid4

from aiokafka import ConsumerRecord
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.database.engine import Transaction
from kit.database.notify import notify
from kit.database.schema import outbox
from kit.events.outbox import channel
from kit.events.topics import dead_letters


class TooManyDeadLetters(Exception):
    """So many messages can't be taken that something else must be wrong; skipping on would lose them all."""


class DeadLetters:
    """At most `limit` in `period` seconds; beyond it the consumer stops taking and tries again."""

    def __init__(self, service: str, limit: int = 100, period: float = 600.0) -> None:
        self._service = service
        self._limit = limit
        self._period = period
        self._times: deque[float] = deque()

    def check_limit(self, consumer: str) -> None:
        """Counts one more. Raises TooManyDeadLetters beyond the limit."""
        now = time.monotonic()
        while self._times and now - self._times[0] > self._period:
            self._times.popleft()
        if len(self._times) >= self._limit:
            raise TooManyDeadLetters(f"{consumer} put aside {self._limit} messages in {self._period:.0f} s")
        self._times.append(now)

    async def put(
        self,
        transaction: Transaction | AsyncConnection,
        consumer: str,
        record: ConsumerRecord,
        error: Exception,
    ) -> None:
        """Adds the message as it was, with where it stood and why, to the outbox."""
        headers = [(name, content.decode(errors="replace")) for name, content in record.headers]
        headers += [
            ("oncordia-consumer", consumer),
            ("oncordia-place", f"{record.topic}/{record.partition}@{record.offset}"),
            ("oncordia-reason", f"{type(error).__name__}: {error}"[:500]),
        ]
        await transaction.execute(
            outbox.insert().values(
                event_id=uuid4(),
                topic=dead_letters(self._service).name,
                key=(record.key or b"").decode(errors="replace"),
                headers=headers,
                value=record.value,
            )
        )
        await notify(Transaction(transaction), channel(self._service))
