"""Trades the hub's invitation for a certificate."""

from __future__ import annotations

import grpc

from node.adapters.border.channel import enrolment_channel
from node.adapters.border.hub_ca import fetch_hub_ca
from node.adapters.border.identity import (
    Enrolment,
    Identity,
    IdentityFolder,
    certificate_pem,
    key_pem,
    new_key,
    signing_request,
)
from node.domain.errors import NodeError
from oncordia.federation.v1 import enrolment_service_pb2, enrolment_service_pb2_grpc

_TIMEOUT_SECONDS = 30


def enrol(folder: IdentityFolder, address: str, token: str, fingerprint: str, proxy: str | None) -> Identity:
    """Makes a key, lets the hub sign it, and stores the identity. Raises NodeError.

    A node may be invited again to the provider that it belongs to, for example after its certificate has expired;
    its journal and ledgers stay. It can't be made another provider's.
    """
    ca = fetch_hub_ca(address, fingerprint, proxy)
    key = new_key()
    request = enrolment_service_pb2.EnrolRequest(token=token, certificate_request=signing_request(key))
    with enrolment_channel(address, ca, proxy) as channel:
        try:
            answer = enrolment_service_pb2_grpc.EnrolmentServiceStub(channel).Enrol(request, timeout=_TIMEOUT_SECONDS)
        except grpc.RpcError as error:
            raise NodeError(_explained(error, address)) from None
    before = folder.enrolment()
    if before is not None and before.provider != answer.provider:
        raise NodeError(
            f"this folder belongs to {before.provider}, and the invitation is for {answer.provider};"
            " use another folder for another provider, and ask the operator for a new invitation"
        )
    enrolment = Enrolment(answer.provider, answer.country, answer.border_address)
    try:
        folder.write(enrolment, key_pem(key), certificate_pem(answer.certificate), ca, token)
    except OSError as error:
        raise NodeError(
            f"the identity can't be stored: {error.strerror}; mend that and ask the operator for a new invitation"
        ) from None
    return folder.read()


def _explained(error: grpc.RpcError, address: str) -> str:
    code, details = error.code(), error.details()
    if code in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED):
        return f"the hub can't be reached at {address}: {details}"
    return f"the hub refuses: {details}"
