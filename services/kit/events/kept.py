"""Whether Kafka still keeps what a consumer has yet to take.

aiokafka by itself goes on with what is left, in silence, when messages expired before they were taken; and of a topic
that was made anew it would give offsets that a consumer believes to have taken long ago.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer, TopicPartition

# A new leader may not know at once how far its partition goes.
_PATIENCE_SECONDS = 10.0
_LOOK_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Loss:
    """A partition keeps the offsets from `first` to before `end`, and `following` was to be taken next."""

    partition: TopicPartition
    following: int
    first: int
    end: int

    @property
    def messages(self) -> int:
        """How many expired; 0 if the topic was made anew, because then nobody can tell."""
        return max(self.first - self.following, 0)

    @property
    def is_cut(self) -> bool:
        """Whether the partition ends before what was taken of it."""
        return self.end < self.following

    def __str__(self) -> str:
        place = f"{self.partition.topic}/{self.partition.partition}"
        if not self.is_cut:
            return f"{place}@{self.following} to @{self.first - 1} expired before they were taken"
        return f"{place} ends at @{self.end} and was taken up to @{self.following}: the topic was made anew, or was cut"


async def losses(consumer: AIOKafkaConsumer, following: Mapping[TopicPartition, int]) -> list[Loss]:
    """The partitions that don't keep what comes next. Takes some seconds if one seems to be cut."""
    if not following:
        return []
    deadline = asyncio.get_running_loop().time() + _PATIENCE_SECONDS
    while True:
        first = await consumer.beginning_offsets(list(following))
        end = await consumer.end_offsets(list(following))
        lost = [Loss(p, at, first[p], end[p]) for p, at in following.items() if not first[p] <= at <= end[p]]
        if not any(loss.is_cut for loss in lost) or asyncio.get_running_loop().time() > deadline:
            return lost
        await asyncio.sleep(_LOOK_SECONDS)
