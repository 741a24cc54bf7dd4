"""What is deleted in the background."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from sqlalchemy import text

from kit.database.engine import Database, is_passing
from kit.telemetry.log import logger

_log = logger(__name__)

EVERY_SECONDS = 3600.0
RETRY_SECONDS = 30.0

# Twice as long as Kafka keeps an event: one that is no longer known here can't be delivered any more.
_FORGET_EVENTS = text("DELETE FROM counted_events WHERE count_time < now() - interval '60 days'")


async def keep_house(database: Database, forget_spans: Callable[[], Awaitable[int]]) -> None:
    """Deletes what is past its time, every hour, until cancelled. Two replicas that do so do no harm."""
    while True:
        try:
            forgotten = await forget_spans()
            async with database.transaction() as transaction:
                await transaction.execute(_FORGET_EVENTS)
        except Exception as error:
            if not is_passing(error):
                raise
            _log.warning("housekeeping waits", error=type(error).__name__)
            await asyncio.sleep(RETRY_SECONDS)
            continue
        if forgotten:
            _log.info("old spans deleted", spans=forgotten)
        await asyncio.sleep(EVERY_SECONDS)
