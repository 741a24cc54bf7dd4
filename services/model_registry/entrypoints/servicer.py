"""The gRPC face of the registry: translates, calls a use case, translates back."""

from __future__ import annotations

import grpc

from kit.fields import masked, request_uuid
from kit.identity.caller import current_caller
from kit.pagination import decode_token, encode_token, page_size
from model_registry.adapters.wire import model_to_proto, version_to_proto
from model_registry.application.change import Change
from model_registry.application.read import Read
from model_registry.domain.model import FIELDS
from model_registry.domain.names import model_name, new_model_name, new_version_name, version_name
from model_registry.entrypoints.requests import read_about, read_search, read_stage, read_version
from oncordia.registry.v1 import messages_pb2, model_pb2, model_registry_service_pb2_grpc, model_version_pb2

Context = grpc.aio.ServicerContext[object, object]


class ModelRegistryServicer(model_registry_service_pb2_grpc.ModelRegistryServiceServicer):
    def __init__(self, change: Change, read: Read) -> None:
        self._change = change
        self._read = read

    async def CreateModel(self, request: messages_pb2.CreateModelRequest, context: Context) -> model_pb2.Model:
        name = new_model_name(request.model_id)
        about, request_id = read_about(request.model), request_uuid(request.request_id)
        return model_to_proto(await self._change.create_model(current_caller(), name, about, request_id))

    async def UpdateModel(self, request: messages_pb2.UpdateModelRequest, context: Context) -> model_pb2.Model:
        name = model_name(request.model.name, "model.name")
        fields = masked(request.update_mask.paths, FIELDS)
        about = read_about(request.model, fields)
        return model_to_proto(
            await self._change.update_model(current_caller(), name, about, fields, request.model.etag)
        )

    async def GetModel(self, request: messages_pb2.GetModelRequest, context: Context) -> model_pb2.Model:
        return model_to_proto(await self._read.model(current_caller(), model_name(request.name, "name")))

    async def SearchModels(
        self, request: messages_pb2.SearchModelsRequest, context: Context
    ) -> messages_pb2.SearchModelsResponse:
        size = page_size(request.page_size, default=50, most=200)
        token = decode_token(request.page_token, (str,))
        found = await self._read.search(
            current_caller(), read_search(request), str(token[0]) if token else "", size + 1
        )
        return messages_pb2.SearchModelsResponse(
            models=[model_to_proto(model) for model in found[:size]],
            next_page_token=encode_token(found[size - 1].name) if len(found) > size else "",
        )

    async def CreateModelVersion(
        self, request: messages_pb2.CreateModelVersionRequest, context: Context
    ) -> model_version_pb2.ModelVersion:
        name = new_version_name(model_name(request.parent, "parent"), request.version)
        artefact, card = read_version(request.model_version)
        request_id = request_uuid(request.request_id)
        return version_to_proto(await self._change.create_version(current_caller(), name, artefact, card, request_id))

    async def GetModelVersion(
        self, request: messages_pb2.GetModelVersionRequest, context: Context
    ) -> model_version_pb2.ModelVersion:
        return version_to_proto(await self._read.version(current_caller(), version_name(request.name, "name")))

    async def ListModelVersions(
        self, request: messages_pb2.ListModelVersionsRequest, context: Context
    ) -> messages_pb2.ListModelVersionsResponse:
        size = page_size(request.page_size, default=50, most=200)
        token = decode_token(request.page_token, (int,))
        found = await self._read.versions(
            current_caller(), model_name(request.parent, "parent"), int(token[0]) if token else None, size + 1
        )
        return messages_pb2.ListModelVersionsResponse(
            model_versions=[version_to_proto(version) for _, version in found[:size]],
            next_page_token=encode_token(found[size - 1][0]) if len(found) > size else "",
        )

    async def SetModelVersionStage(
        self, request: messages_pb2.SetModelVersionStageRequest, context: Context
    ) -> model_version_pb2.ModelVersion:
        name = version_name(request.name, "name")
        return version_to_proto(
            await self._change.set_stage(current_caller(), name, read_stage(request.stage), request.etag)
        )
