"""Federation's topics, as a test speaks and hears them that stands where federation does."""

from __future__ import annotations

import asyncio
import uuid
from datetime import UTC, datetime

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from google.protobuf.message import Message

from kit.events import envelope, topics
from oncordia.border.v1 import task_result_pb2
from oncordia.events.v1 import tasks_pb2
from oncordia.federation.v1 import provider_pb2


class Federation:
    """Speaks on the topics as federation does. Providers get names that no other test has."""

    def __init__(self, kafka: str) -> None:
        self._kafka = kafka
        self._suffix = uuid.uuid4().hex[:8]

    def name(self, provider: str) -> str:
        return f"providers/{provider}-{self._suffix}"

    async def start(self) -> None:
        self._producer = AIOKafkaProducer(bootstrap_servers=self._kafka)
        await self._producer.start()
        self._tasks = AIOKafkaConsumer(
            topics.TASKS.name, bootstrap_servers=self._kafka, isolation_level="read_committed"
        )
        await self._tasks.start()

    async def stop(self) -> None:
        await self._tasks.stop()
        await self._producer.stop()

    async def put(
        self,
        provider: str,
        state: provider_pb2.ProviderState.ValueType = provider_pb2.PROVIDER_STATE_LIVE,
        *,
        epoch: str = "",
    ) -> None:
        """Tells a provider's state. It is of the organisation of the issuer's first steward."""
        payload = provider_pb2.Provider(
            name=self.name(provider),
            display_name=provider.title(),
            country="BE",
            organisation="demo-leuven",
            epoch=epoch,
            state=state,
        )
        await self.send(topics.state("federation"), self.name(provider), payload)

    async def remove(self, provider: str) -> None:
        """A tombstone: the provider takes no part any more."""
        await self.send(topics.state("federation"), self.name(provider), None)

    async def task(self) -> tasks_pb2.TasksRequested:
        """The next request for work that concerns these providers."""
        async with asyncio.timeout(30):
            async for record in self._tasks:
                requested = tasks_pb2.TasksRequested.FromString(record.value)
                if any(a.provider.endswith(self._suffix) for a in requested.assignments):
                    return requested
        raise AssertionError

    async def report(
        self,
        requested: tasks_pb2.TasksRequested,
        provider: str,
        state: tasks_pb2.TaskState.ValueType = tasks_pb2.TASK_STATE_DONE,
        *,
        count: task_result_pb2.CountAnswer | None = None,
        describe: task_result_pb2.DescribeAnswer | None = None,
        refusal: task_result_pb2.Refusal | None = None,
    ) -> None:
        name = self.name(provider)
        (task_id,) = [a.task_id for a in requested.assignments if a.provider == name]
        payload = tasks_pb2.TaskReported(
            provider=name,
            asking_resource=requested.task.asking_resource,
            state=state,
            result=task_result_pb2.TaskResult(task_id=task_id, count=count, describe=describe, refusal=refusal),
        )
        await self.send(topics.RESULTS, requested.task.asking_resource, payload)

    async def send(self, topic: topics.Topic, key: str, payload: Message | None) -> None:
        headers = envelope.headers(
            event_id=uuid.uuid4(),
            type_=payload.DESCRIPTOR.full_name if payload is not None else "tombstone",
            producer="federation",
            key=key,
            time=datetime.now(UTC),
            traceparent="",
            acting={},
        )
        raw = [(name, content.encode()) for name, content in headers]
        value = None if payload is None else payload.SerializeToString()
        await self._producer.send_and_wait(topic.name, value, key=key.encode(), headers=raw)
