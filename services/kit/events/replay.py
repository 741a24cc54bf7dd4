"""What an operator does with dead letters: reads them, and has them taken once more."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition

from kit.errors import FailedPrecondition, NotFound
from kit.events.dead_letters import Letter, letter_of
from kit.events.kafka import connection
from kit.events.topics import ALL, MAX_MESSAGE_BYTES, Kind, dead_letters, replays
from kit.settings import KafkaSettings

_STATES = frozenset(topic.name for topic in ALL if topic.kind is Kind.STATE)


class LetterBox:
    """The dead letters of one service, by their numbers: their offsets, which are never given again."""

    def __init__(self, settings: KafkaSettings, service: str) -> None:
        self._settings = settings
        self._service = service
        self._box = TopicPartition(dead_letters(service).name, 0)

    async def letters(self) -> dict[int, Letter]:
        """All that Kafka still keeps, oldest first."""
        return {record.offset: _letter(record) for record in await self._records()}

    async def replay(self, numbers: Sequence[int]) -> list[Letter]:
        """Has the consumers that put them aside take them once more; one that was taken takes no effect again.

        Raises NotFound, and FailedPrecondition for a state that a newer one of its key has replaced: then none is sent.
        """
        kept = {record.offset: record for record in await self._records()}
        missing = [number for number in numbers if number not in kept]
        if missing:
            raise NotFound(f"dead letter {missing[0]} of {self._service}")
        chosen = [kept[number] for number in numbers]
        for record in chosen:
            await self._check_newest(_letter(record))
        producer = AIOKafkaProducer(
            **connection(self._settings), acks="all", enable_idempotence=True, max_request_size=MAX_MESSAGE_BYTES
        )
        await producer.start()
        try:
            for record in chosen:
                # As it is: the consumer finds in its headers whose it is and where it stood.
                await producer.send_and_wait(
                    replays(self._service).name, record.value, key=record.key, headers=list(record.headers)
                )
        finally:
            await producer.stop()
        return [_letter(record) for record in chosen]

    async def _check_newest(self, letter: Letter) -> None:
        if letter.topic not in _STATES:
            return
        for record in await self._read(TopicPartition(letter.topic, letter.partition), letter.offset + 1):
            if record.key == letter.key:
                raise FailedPrecondition(
                    "STATE_REPLACED",
                    f"{letter.place} was replaced by the newer state at offset {record.offset}; taking it now would "
                    "bring the old state back",
                )

    async def _records(self) -> list[ConsumerRecord]:
        return await self._read(self._box, 0)

    async def _read(self, partition: TopicPartition, start: int) -> list[ConsumerRecord]:
        """All records from `start`, or the first that is kept, to the present end."""
        async with _reader(self._settings, partition) as consumer:
            first = (await consumer.beginning_offsets([partition]))[partition]
            end = (await consumer.end_offsets([partition]))[partition]
            consumer.seek(partition, max(first, start))
            found: list[ConsumerRecord] = []
            # The position, not the last record: ends of transactions have offsets too.
            while await consumer.position(partition) < end:
                batches = await consumer.getmany(partition, timeout_ms=500)
                found += [record for batch in batches.values() for record in batch if record.offset < end]
            return found


@asynccontextmanager
async def _reader(settings: KafkaSettings, partition: TopicPartition) -> AsyncIterator[AIOKafkaConsumer]:
    consumer = AIOKafkaConsumer(**connection(settings), enable_auto_commit=False, isolation_level="read_committed")
    await consumer.start()
    try:
        consumer.assign([partition])
        yield consumer
    finally:
        await consumer.stop()


def _letter(record: ConsumerRecord) -> Letter:
    return letter_of(record.key, record.headers, record.value)
