"""Where the command finds the hub, and that a token does not leave the machine in the clear by mistake."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import grpc
import pytest

from cli.client import Hub
from cli.errors import UserError
from cli.profile import Endpoint, Profile
from federation.adapters.authority import CertificateAuthority
from kit.identity.ca_key import CA_CERTIFICATE, init_ca
from oncordia.catalogue.v1 import search_pb2


def profile(**entries: str) -> Profile:
    return Profile(Path("endpoints.json"), entries)


@pytest.mark.parametrize(
    ("entries", "endpoint"),
    [
        ({"catalogue": "127.0.0.1:50051"}, Endpoint("127.0.0.1:50051", secure=False)),
        ({"catalogue": "[::1]:50051"}, Endpoint("[::1]:50051", secure=False)),
        ({"catalogue": "https://hub.example"}, Endpoint("hub.example:443", secure=True)),
        ({"hub": "https://hub.example:8443"}, Endpoint("hub.example:8443", secure=True)),
        ({"hub": "https://hub.example", "catalogue": "http://catalogue:50051"}, Endpoint("catalogue:50051", False)),
    ],
)
def test_a_service_has_its_own_address_or_the_hubs(entries: dict[str, str], endpoint: Endpoint) -> None:
    assert profile(**entries).endpoint("catalogue") == endpoint


def test_a_token_does_not_go_to_another_machine_in_the_clear_unless_that_is_asked_for() -> None:
    with pytest.raises(UserError, match=r"in the clear; write https://hub\.example:50051"):
        profile(catalogue="hub.example:50051").endpoint("catalogue")


def test_a_service_that_is_not_named_is_an_error_that_names_it() -> None:
    with pytest.raises(UserError, match="names no address of catalogue"):
        profile(issuer="http://127.0.0.1:1").endpoint("catalogue")


async def summary(request: search_pb2.GetSummaryRequest, context: object) -> search_pb2.Summary:
    return search_pb2.Summary(data_sets=179)


async def test_the_hub_is_called_over_tls_and_only_if_its_certificate_is_trusted(tmp_path: Path) -> None:
    for name in ("ours", "theirs"):
        (tmp_path / name).mkdir()
        init_ca(tmp_path / name)
    key, chain = CertificateAuthority(tmp_path / "ours", timedelta(days=1)).server_identity(
        ["localhost"], datetime.now(UTC)
    )
    server = grpc.aio.server()
    method = grpc.unary_unary_rpc_method_handler(
        summary, search_pb2.GetSummaryRequest.FromString, search_pb2.Summary.SerializeToString
    )
    server.add_generic_rpc_handlers(
        [grpc.method_handlers_generic_handler("oncordia.catalogue.v1.CatalogueService", {"GetSummary": method})]
    )
    port = server.add_secure_port("127.0.0.1:0", grpc.ssl_server_credentials([(key, chain)]))
    await server.start()
    for name, trusted in (("ours", True), ("theirs", False)):
        hub = Hub(profile(hub=f"https://localhost:{port}", ca=str(tmp_path / name / CA_CERTIFICATE)), "")
        if trusted:
            assert (await hub.catalogue.GetSummary(search_pb2.GetSummaryRequest())).data_sets == 179
        else:
            with pytest.raises(grpc.aio.AioRpcError, match="UNAVAILABLE"):
                await hub.catalogue.GetSummary(search_pb2.GetSummaryRequest(), timeout=10)
        await hub.close()
    await server.stop(None)
