"""gRPC channels from a node to the hub: over TLS, and through an HTTP CONNECT proxy where there is one."""

from __future__ import annotations

import grpc

from node.adapters.border.identity import Identity

_OPTIONS: list[tuple[str, int | str]] = [
    ("grpc.max_receive_message_length", 16 * 1024 * 1024),
    ("grpc.keepalive_time_ms", 20_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.keepalive_permit_without_calls", 1),
    # The node waits by itself, with jitter.
    ("grpc.enable_retries", 0),
]


def border_channel(address: str, identity: Identity, proxy: str | None) -> grpc.aio.Channel:
    """To the border, as this node."""
    credentials = grpc.ssl_channel_credentials(identity.ca, identity.key, identity.certificate)
    return grpc.aio.secure_channel(address, credentials, options=_options(proxy))


def enrolment_channel(address: str, ca: bytes, proxy: str | None) -> grpc.Channel:
    """To the enrolment listener, whose certificate must be of this CA (PEM)."""
    return grpc.secure_channel(address, grpc.ssl_channel_credentials(ca), options=_options(proxy))


def _options(proxy: str | None) -> list[tuple[str, int | str]]:
    # Without the setting gRPC follows https_proxy and no_proxy of the environment.
    return [*_OPTIONS, ("grpc.http_proxy", proxy)] if proxy else _OPTIONS
