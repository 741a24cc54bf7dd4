"""FederationService."""

from __future__ import annotations

from federation.application.messages import provider_message
from federation.application.node_logs import ListNodeLogs
from federation.application.ports import Authority
from federation.application.registry import Registry
from federation.domain.node_log import KnownLog
from federation.domain.provider import resource_name
from kit.events.node_log import producer_of
from kit.identity.caller import current_caller
from kit.pagination import decode_token, encode_token, page_size
from kit.rpc.interceptor import ServicerContext
from oncordia.federation.v1 import federation_service_pb2_grpc, messages_pb2, node_log_pb2, provider_pb2


class FederationServicer(federation_service_pb2_grpc.FederationServiceServicer):
    """Translates to and from the use cases of Registry, and ListNodeLogs."""

    def __init__(
        self, registry: Registry, node_logs: ListNodeLogs, authority: Authority, enrolment_address: str
    ) -> None:
        self._registry = registry
        self._node_logs = node_logs
        self._authority = authority
        self._enrolment_address = enrolment_address

    async def CreateProvider(
        self, request: messages_pb2.CreateProviderRequest, context: ServicerContext
    ) -> provider_pb2.Provider:
        asked = request.provider
        provider = await self._registry.create(
            current_caller(), asked.name, asked.display_name, asked.country, asked.organisation
        )
        return provider_message(provider)

    async def GetProvider(
        self, request: messages_pb2.GetProviderRequest, context: ServicerContext
    ) -> provider_pb2.Provider:
        return provider_message(await self._registry.get(request.name))

    async def ListProviders(
        self, request: messages_pb2.ListProvidersRequest, context: ServicerContext
    ) -> messages_pb2.ListProvidersResponse:
        size = page_size(request.page_size, default=100, most=1000)
        position = decode_token(request.page_token, (str,))
        page = await self._registry.page(str(position[0]) if position else "", size + 1)
        shown = page[:size]
        return messages_pb2.ListProvidersResponse(
            providers=[provider_message(provider) for provider in shown],
            next_page_token=encode_token(shown[-1].id) if len(page) > size else "",
        )

    async def ListNodeLogs(
        self, request: messages_pb2.ListNodeLogsRequest, context: ServicerContext
    ) -> messages_pb2.ListNodeLogsResponse:
        size = page_size(request.page_size, default=100, most=1000)
        position = decode_token(request.page_token, (str, str))
        after = (str(position[0]), str(position[1])) if position else ("", "")
        page = await self._node_logs(request.parent, after, size + 1)
        shown = page[:size]
        return messages_pb2.ListNodeLogsResponse(
            node_logs=map(_node_log, shown),
            next_page_token=encode_token(shown[-1].provider, shown[-1].id) if len(page) > size else "",
        )

    async def CreateInvitation(
        self, request: messages_pb2.CreateInvitationRequest, context: ServicerContext
    ) -> messages_pb2.Invitation:
        invitation = await self._registry.invite(current_caller(), request.provider)
        message = messages_pb2.Invitation(
            provider=invitation.provider.name,
            token=invitation.token,
            enrolment_address=self._enrolment_address,
            ca_fingerprint=self._authority.fingerprint,
        )
        message.expire_time.FromDatetime(invitation.expire_time)
        return message

    async def DisableProvider(
        self, request: messages_pb2.DisableProviderRequest, context: ServicerContext
    ) -> provider_pb2.Provider:
        return provider_message(await self._registry.disable(current_caller(), request.name, request.reason))

    async def EnableProvider(
        self, request: messages_pb2.EnableProviderRequest, context: ServicerContext
    ) -> provider_pb2.Provider:
        return provider_message(await self._registry.enable(current_caller(), request.name))

    async def RevokeCertificate(
        self, request: messages_pb2.RevokeCertificateRequest, context: ServicerContext
    ) -> provider_pb2.Provider:
        return provider_message(
            await self._registry.revoke(current_caller(), request.provider, request.serial, request.reason)
        )


def _node_log(log: KnownLog) -> node_log_pb2.NodeLog:
    message = node_log_pb2.NodeLog(
        name=producer_of(resource_name(log.provider), log.id), taken_entries=log.taken, node_entries=log.told
    )
    if log.take_time is not None:
        message.take_time.FromDatetime(log.take_time)
    return message
