"""Taking one message of the topics that the figures are made of: applied, put aside, or tried again; never lost."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from insights.application.ports import Projection
from insights.domain.figures import Effect, Place
from kit.database.engine import Database, is_passing
from kit.events import envelope
from kit.events.dead_letters import DeadLetters, letter_of
from kit.events.envelope import Headers, Message
from kit.telemetry import metrics
from kit.telemetry.log import logger

_log = logger(__name__)

RETRY_SECONDS = 0.5
# Who puts letters aside here.
_CONSUMER = "insights.figures"

EffectOf = Callable[[Message], Effect | None]


@dataclass(frozen=True, slots=True)
class Record:
    """A message as Kafka gave it."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    headers: Headers
    value: bytes | None


class TakeEvent:
    """Faust takes a message whose agent raised for done, so nothing is raised here: what the database can't take now
    is tried until it can, and what can't ever be taken goes to the dead letters."""

    def __init__(self, database: Database, effect_of: EffectOf, projection: Projection, dead: DeadLetters) -> None:
        self._database = database
        self._effect_of = effect_of
        self._projection = projection
        self._dead_letters = dead

    async def __call__(self, record: Record) -> None:
        """Returns once the message is applied or put aside."""
        while True:
            if await self._is_taken(record):
                return
            await asyncio.sleep(RETRY_SECONDS)

    async def _is_taken(self, record: Record) -> bool:
        try:
            await self._apply(record)
        except Exception as error:
            if is_passing(error):
                return _wait(record, error)
            return await self._is_put_aside(record, error)
        metrics.CONSUMED.labels(record.topic).inc()
        return True

    async def _apply(self, record: Record) -> None:
        message = self._message(record)
        if message is None:
            return
        effect = self._effect_of(message)
        if effect is None:
            return
        async with self._database.single() as single:
            await self._projection.apply(single, effect, Place(message.partition, message.offset))

    def _message(self, record: Record) -> Message | None:
        """The message, of a replayed letter as it first stood; None if the letter is somebody else's.

        Effects are upserts by event id or place, so a letter that is replayed twice counts once.
        """
        if record.topic != self._dead_letters.replays.name:
            return envelope.parse(
                record.topic, record.partition, record.offset, record.key, record.headers, record.value
            )
        letter = letter_of(record.key, record.headers, record.value)
        return letter.message() if letter.consumer == _CONSUMER else None

    async def _is_put_aside(self, record: Record, poison: Exception) -> bool:
        reason = type(poison).__name__
        place = f"{record.topic}/{record.partition}@{record.offset}"
        try:
            self._dead_letters.check_limit(_CONSUMER)
            async with self._database.transaction() as transaction:
                await self._dead_letters.put(transaction, _CONSUMER, record, poison)
        except Exception as error:
            return _wait(record, error)
        metrics.DEAD_LETTERS.labels(record.topic, reason).inc()
        _log.error("message put aside", place=place, reason=reason)
        return True


def _wait(record: Record, error: Exception) -> bool:
    metrics.CONSUMER_RETRIES.labels(record.topic).inc()
    _log.warning("the figures wait", topic=record.topic, error=type(error).__name__)
    return False
