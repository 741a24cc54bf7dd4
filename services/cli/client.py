"""Calls to the hub: one object with the stubs of all services and the person's token."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

import grpc

from cli.profile import Profile
from kit.rpc.client import bearer, channel
from oncordia.audit.v1.audit_log_service_pb2_grpc import AuditLogServiceStub
from oncordia.catalogue.v1.catalogue_service_pb2_grpc import CatalogueServiceStub
from oncordia.federation.v1.federation_service_pb2_grpc import FederationServiceStub
from oncordia.insights.v1.insights_service_pb2_grpc import InsightsServiceStub
from oncordia.query.v1.query_broker_service_pb2_grpc import QueryBrokerServiceStub
from oncordia.registry.v1.model_registry_service_pb2_grpc import ModelRegistryServiceStub

if TYPE_CHECKING:
    from oncordia.audit.v1.audit_log_service_pb2_grpc import AuditLogServiceAsyncStub
    from oncordia.catalogue.v1.catalogue_service_pb2_grpc import CatalogueServiceAsyncStub
    from oncordia.federation.v1.federation_service_pb2_grpc import FederationServiceAsyncStub
    from oncordia.insights.v1.insights_service_pb2_grpc import InsightsServiceAsyncStub
    from oncordia.query.v1.query_broker_service_pb2_grpc import QueryBrokerServiceAsyncStub
    from oncordia.registry.v1.model_registry_service_pb2_grpc import ModelRegistryServiceAsyncStub

Metadata = tuple[tuple[str, str], ...]


class Hub:
    """The services of one hub, as one person calls them."""

    def __init__(self, profile: Profile, token: str) -> None:
        self._profile = profile
        self._token = token
        self._channels: dict[str, grpc.aio.Channel] = {}

    def _channel(self, service: str) -> grpc.aio.Channel:
        if service not in self._channels:
            found = self._profile.endpoint(service)
            credentials = grpc.ssl_channel_credentials(self._profile.trusted) if found.secure else None
            self._channels[service] = channel(found.address, credentials)
        return self._channels[service]

    @property
    def queries(self) -> QueryBrokerServiceAsyncStub:
        return QueryBrokerServiceStub(self._channel("query_broker"))

    @property
    def federation(self) -> FederationServiceAsyncStub:
        return FederationServiceStub(self._channel("federation"))

    @property
    def audit(self) -> AuditLogServiceAsyncStub:
        return AuditLogServiceStub(self._channel("audit_log"))

    @property
    def insights(self) -> InsightsServiceAsyncStub:
        return InsightsServiceStub(self._channel("insights"))

    @property
    def catalogue(self) -> CatalogueServiceAsyncStub:
        return CatalogueServiceStub(self._channel("catalogue"))

    @property
    def models(self) -> ModelRegistryServiceAsyncStub:
        return ModelRegistryServiceStub(self._channel("model_registry"))

    def metadata(self, traceparent: str = "") -> Metadata:
        """The token, and the span that the hub's trace is to link to."""
        traced = (("traceparent", traceparent),) if traceparent else ()
        return (*bearer(self._token), *traced) if self._token else traced

    async def close(self) -> None:
        for opened in self._channels.values():
            await opened.close()


@asynccontextmanager
async def hub(profile: Profile, token: str | None = None) -> AsyncIterator[Hub]:
    """A Hub for the block; with the token of the last login unless one is given."""
    async with AsyncExitStack() as stack:
        result = Hub(profile, profile.token() if token is None else token)
        stack.push_async_callback(result.close)
        yield result


def new_traceparent() -> str:
    """A W3C traceparent of a span that the command draws itself."""
    return f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"
