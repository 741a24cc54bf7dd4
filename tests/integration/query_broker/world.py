"""The other side of the broker's topics, and the broker as a test calls it."""

import asyncio
import contextlib
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import grpc
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from google.protobuf.message import Message

from kit.events import envelope, topics
from oncordia.border.v1 import task_result_pb2
from oncordia.events.v1 import tasks_pb2
from oncordia.federation.v1 import provider_pb2
from oncordia.query.v1 import cohort_query_pb2, messages_pb2
from oncordia.type.v1 import count_pb2, predicate_pb2
from tests.world import LocalIssuer, Metadata, ServiceProcess, until

if TYPE_CHECKING:
    from oncordia.query.v1.query_broker_service_pb2_grpc import QueryBrokerServiceAsyncStub


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
        self, provider: str, state: provider_pb2.ProviderState.ValueType = provider_pb2.PROVIDER_STATE_LIVE
    ) -> None:
        payload = provider_pb2.Provider(
            name=self.name(provider), display_name=provider.title(), country="BE", state=state
        )
        await self._send(topics.state("federation"), self.name(provider), payload)

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
        await self._send(topics.RESULTS, requested.task.asking_resource, payload)

    async def _send(self, topic: topics.Topic, key: str, payload: Message) -> None:
        headers = envelope.headers(
            event_id=uuid.uuid4(),
            type_=payload.DESCRIPTOR.full_name,
            producer="federation",
            key=key,
            time=datetime.now(UTC),
            traceparent="",
            acting={},
        )
        raw = [(name, content.encode()) for name, content in headers]
        await self._producer.send_and_wait(topic.name, payload.SerializeToString(), key=key.encode(), headers=raw)


def counted(
    subjects: int | None, handling: predicate_pb2.PredicateHandling.ValueType = predicate_pb2.PREDICATE_HANDLING_APPLIED
) -> task_result_pb2.CountAnswer:
    protection = count_pb2.Protection(epsilon=0.5, sensitivity=1, noise_scale=2, minimum_count=10, error_95=6)
    counts = [
        count_pb2.ProtectedCount(
            unit=count_pb2.COUNT_UNIT_SUBJECTS, value=subjects, suppressed=subjects is None, protection=protection
        )
    ]
    report = predicate_pb2.PredicateReport(
        predicate='modality = "MR"', variable="modality", handling=handling, mapped_percent=99
    )
    return task_result_pb2.CountAnswer(counts=counts, predicates=[report], epoch="e1")


@dataclass
class Broker:
    process: ServiceProcess
    stub: "QueryBrokerServiceAsyncStub"
    federation: Federation
    issuer: LocalIssuer

    def by(self, user: str) -> Metadata:
        return self.issuer.metadata(user)

    async def ask(
        self, *providers: str, filter_: str = 'modality = "MR"', wait: float = 60
    ) -> cohort_query_pb2.CohortQuery:
        query = cohort_query_pb2.CohortQuery(filter=filter_, providers=[self.federation.name(p) for p in providers])
        query.deadline.FromDatetime(datetime.now(UTC) + timedelta(seconds=wait))
        request = messages_pb2.CreateCohortQueryRequest(cohort_query=query)
        return await self.stub.CreateCohortQuery(request, metadata=self.by("researcher-1"))

    async def get(self, name: str, user: str = "researcher-1") -> cohort_query_pb2.CohortQuery:
        return await self.stub.GetCohortQuery(messages_pb2.GetCohortQueryRequest(name=name), metadata=self.by(user))

    async def end_of(self, name: str) -> cohort_query_pb2.CohortQuery:
        request = messages_pb2.WatchCohortQueryRequest(name=name)
        watch = self.stub.WatchCohortQuery(request, metadata=self.by("researcher-1"), timeout=60)
        return [query async for query in watch][-1]

    async def knows(self, *providers: str) -> None:
        """Waits until the broker can be asked about the providers."""

        async def asked() -> bool:
            with contextlib.suppress(grpc.aio.AioRpcError):
                await self.ask(*providers, wait=1)
                await self.federation.task()
                return True
            return False

        await until(asked)
