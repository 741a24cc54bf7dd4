"""The other side of the broker's topics, and the broker as a test calls it."""

import contextlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import grpc

from oncordia.border.v1 import task_result_pb2
from oncordia.query.v1 import cohort_query_pb2, messages_pb2
from oncordia.type.v1 import count_pb2, predicate_pb2
from tests.federation_topics import Federation
from tests.world import LocalIssuer, Metadata, ServiceProcess, until

if TYPE_CHECKING:
    from oncordia.query.v1.query_broker_service_pb2_grpc import QueryBrokerServiceAsyncStub


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
