"""The wiring of the model registry."""

from __future__ import annotations

from kit.rpc.server import Service
from kit.service import Runtime
from model_registry.adapters.kafka import OutboxPublisher
from model_registry.adapters.postgres import PostgresModels, PostgresRequests, PostgresVersions
from model_registry.application.change import Change
from model_registry.application.read import Read
from model_registry.entrypoints.servicer import ModelRegistryServicer
from oncordia.registry.v1 import model_registry_service_pb2, model_registry_service_pb2_grpc


async def build(run: Runtime) -> None:
    """Declares the registry's service."""
    models, versions, requests = PostgresModels(), PostgresVersions(), PostgresRequests()
    change = Change(run.database, models, versions, requests, OutboxPublisher(run.outbox), run.clock)
    run.hold_subjects(requests.forget)
    run.services.append(
        Service(
            model_registry_service_pb2_grpc.add_ModelRegistryServiceServicer_to_server,
            ModelRegistryServicer(change, Read(run.database, models, versions)),
            model_registry_service_pb2.DESCRIPTOR.services_by_name["ModelRegistryService"],
        )
    )
