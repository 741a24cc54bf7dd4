"""The catalogue as a test calls it, and the other side of its topics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import grpc
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from oncordia.border.v1 import description_pb2, task_result_pb2
from oncordia.catalogue.v1 import data_set_pb2, messages_pb2, search_pb2
from tests.federation_topics import Federation
from tests.world import LocalIssuer, Metadata, ServiceProcess, until

if TYPE_CHECKING:
    from oncordia.catalogue.v1.catalogue_service_pb2_grpc import CatalogueServiceAsyncStub


@dataclass
class Catalogue:
    process: ServiceProcess
    stub: CatalogueServiceAsyncStub
    federation: Federation
    issuer: LocalIssuer

    def by(self, user: str) -> Metadata:
        return self.issuer.metadata(user)

    def data_set(self, provider: str, id_: str) -> str:
        return f"dataSets/{self.federation.name(provider).removeprefix('providers/')}.{id_}"

    async def listed(self, provider: str, *, retired: bool = False) -> dict[str, data_set_pb2.DataSet]:
        """The provider's data sets by their ids, read page by page."""
        found: dict[str, data_set_pb2.DataSet] = {}
        request = messages_pb2.ListDataSetsRequest(
            provider=self.federation.name(provider), page_size=2, show_retired=retired
        )
        while True:
            page = await self.stub.ListDataSets(request)
            found |= {data_set.name.partition(".")[2]: data_set for data_set in page.data_sets}
            if not page.next_page_token:
                return found
            request.page_token = page.next_page_token

    async def lists(self, provider: str, *ids: str) -> None:
        """Waits until the provider's active data sets are these."""

        async def so() -> bool:
            return set(await self.listed(provider)) == set(ids)

        await until(so)

    async def knows(self, provider: str) -> None:
        """Waits until data sets can be registered for the provider."""
        request = messages_pb2.CreateDataSetRequest(parent=self.federation.name(provider), data_set_id="first")
        request.data_set.title = "First"

        async def so() -> bool:
            try:
                await self.stub.CreateDataSet(request, metadata=self.by("steward-1"))
            except grpc.aio.AioRpcError as error:
                return error.code() is grpc.StatusCode.ALREADY_EXISTS
            return True

        await until(so)

    async def describe(self, provider: str, epoch: str, *data_sets: description_pb2.DataSetDescription) -> None:
        """A whole round: a new snapshot, the task, its answer."""
        await self.federation.put(provider, epoch=epoch)
        task = await self.federation.task()
        answer = task_result_pb2.DescribeAnswer(data_sets=data_sets, epoch=epoch)
        await self.federation.report(task, provider, describe=answer)

    async def found(self, **search: Any) -> search_pb2.SearchDataSetsResponse:
        """A search, once the index serves."""
        return await self.stub.SearchDataSets(search_pb2.SearchDataSetsRequest(**search))

    async def finds(self, ids: set[str], **search: Any) -> search_pb2.SearchDataSetsResponse:
        """Waits until a search finds these."""
        answer: search_pb2.SearchDataSetsResponse

        async def so() -> bool:
            nonlocal answer
            answer = await self.found(page_size=200, **search)
            return {d.name.partition(".")[2] for d in answer.data_sets} == ids

        await until(so)
        return answer


def described(id_: str, title: str = "Chest CT", **more: Any) -> description_pb2.DataSetDescription:
    values: dict[str, Any] = {
        "description": "Scans before treatment.",
        "cancer_types": ["LUAD"],
        "modalities": ["CT"],
        "body_parts": ["CHEST"],
        "subjects": 100,
        "studies": 200,
        "series": 1000,
        "totals_rounded_to": 10,
        **more,
    }
    return description_pb2.DataSetDescription(id=id_, title=title, **values)


def fields(error: grpc.aio.AioRpcError) -> set[str]:
    """The fields that a refused request names."""
    status = rpc_status.from_call(error)
    named: set[str] = set()
    for detail in status.details if status else ():
        bad = error_details_pb2.BadRequest()
        if detail.Unpack(bad):
            named |= {violation.field for violation in bad.field_violations}
    return named
