"""The gRPC face of the catalogue: translates, calls a use case, translates back."""

from __future__ import annotations

import grpc

from catalogue.adapters.wire import description_to_proto, entry_to_proto
from catalogue.application.read import Read
from catalogue.application.steward import Steward
from catalogue.domain.data_set import FIELDS
from catalogue.domain.names import data_set_name, described_provider, provider_name
from catalogue.entrypoints.content import read_content
from catalogue.entrypoints.searching import position, read_search, search_response
from kit.errors import InvalidInput
from kit.fields import masked, request_uuid
from kit.identity.caller import current_caller
from kit.pagination import decode_token, encode_token, page_size
from oncordia.catalogue.v1 import (
    catalogue_service_pb2_grpc,
    data_set_pb2,
    description_status_pb2,
    messages_pb2,
    search_pb2,
)

Context = grpc.aio.ServicerContext[object, object]


class CatalogueServicer(catalogue_service_pb2_grpc.CatalogueServiceServicer):
    def __init__(self, steward: Steward, read: Read) -> None:
        self._steward = steward
        self._read = read

    async def CreateDataSet(self, request: messages_pb2.CreateDataSetRequest, context: Context) -> data_set_pb2.DataSet:
        entry = await self._steward.create(
            current_caller(),
            provider_name(request.parent, "parent"),
            request.data_set_id,
            read_content(request.data_set),
            request_uuid(request.request_id),
        )
        return entry_to_proto(entry)

    async def UpdateDataSet(self, request: messages_pb2.UpdateDataSetRequest, context: Context) -> data_set_pb2.DataSet:
        name = data_set_name(request.data_set.name, "data_set.name")
        fields = masked(request.update_mask.paths, FIELDS)
        content = read_content(request.data_set, fields)
        return entry_to_proto(
            await self._steward.update(current_caller(), name, content, fields, request.data_set.etag)
        )

    async def RetireDataSet(self, request: messages_pb2.RetireDataSetRequest, context: Context) -> data_set_pb2.DataSet:
        name = data_set_name(request.name, "name")
        return entry_to_proto(await self._steward.retire(current_caller(), name, request.etag))

    async def GetDataSet(self, request: messages_pb2.GetDataSetRequest, context: Context) -> data_set_pb2.DataSet:
        return entry_to_proto(await self._read.one(data_set_name(request.name, "name")))

    async def ListDataSets(
        self, request: messages_pb2.ListDataSetsRequest, context: Context
    ) -> messages_pb2.ListDataSetsResponse:
        size = page_size(request.page_size, default=100, most=1000)
        token = decode_token(request.page_token, (str,))
        provider = provider_name(request.provider, "provider") if request.provider else None
        found = await self._read.page(provider, request.show_retired, str(token[0]) if token else "", size + 1)
        page = found[:size]
        return messages_pb2.ListDataSetsResponse(
            data_sets=[entry_to_proto(entry) for entry in page],
            next_page_token=encode_token(page[-1].data_set.name) if len(found) > size else "",
        )

    async def SearchDataSets(
        self, request: search_pb2.SearchDataSetsRequest, context: Context
    ) -> search_pb2.SearchDataSetsResponse:
        size = page_size(request.page_size, default=20, most=200)
        found, entries = await self._read.search(read_search(request), position(request.page_token), size)
        return search_response(found, entries)

    async def GetSummary(self, request: search_pb2.GetSummaryRequest, context: Context) -> search_pb2.Summary:
        summary = await self._read.summary()
        return search_pb2.Summary(
            data_sets=summary.data_sets,
            subjects=summary.subjects,
            studies=summary.studies,
            series=summary.series,
            providers=summary.providers,
            countries=summary.countries,
        )

    async def GetDescriptionStatus(
        self, request: description_status_pb2.GetDescriptionStatusRequest, context: Context
    ) -> description_status_pb2.DescriptionStatus:
        provider = described_provider(request.name)
        if provider is None:
            raise InvalidInput.of("name", "must be providers/, the provider's id and /description")
        return description_to_proto(await self._read.description(current_caller(), provider))
