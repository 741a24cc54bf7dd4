"""Domain to protobuf, where more than one room needs it."""

from __future__ import annotations

from google.protobuf.timestamp_pb2 import Timestamp

from federation.domain.provider import Provider
from oncordia.federation.v1 import provider_pb2


def provider_message(provider: Provider) -> provider_pb2.Provider:
    """The public state of a provider."""
    message = provider_pb2.Provider(
        name=provider.name,
        display_name=provider.display_name,
        country=provider.country,
        organisation=provider.organisation,
        state=provider_pb2.ProviderState.Value(f"PROVIDER_STATE_{provider.state.value}"),
        node_version=provider.node_version,
        epoch=provider.epoch,
        certificate_serial=provider.certificate_serial,
    )
    message.state_time.FromDatetime(provider.state_time)
    message.create_time.FromDatetime(provider.create_time)
    if provider.certificate_expire_time is not None:
        message.certificate_expire_time.CopyFrom(Timestamp())
        message.certificate_expire_time.FromDatetime(provider.certificate_expire_time)
    return message
