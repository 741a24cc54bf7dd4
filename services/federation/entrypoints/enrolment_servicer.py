"""EnrolmentService: all that a node without a certificate can call."""

from __future__ import annotations

from federation.application.enrolment import Enrolment
from federation.application.ports import Authority
from kit.identity.caller import Caller
from kit.rpc.interceptor import ServicerContext
from oncordia.federation.v1 import enrolment_service_pb2, enrolment_service_pb2_grpc


class Anybody:
    """The authenticator of this listener: nobody is known here, the invitation's token decides."""

    async def authenticate(self, context: ServicerContext, metadata: dict[str, str]) -> Caller | None:
        return None


class EnrolmentServicer(enrolment_service_pb2_grpc.EnrolmentServiceServicer):
    """Translates to and from Enrolment. `border_address` is what nodes are told to connect to."""

    def __init__(self, enrolment: Enrolment, authority: Authority, border_address: str) -> None:
        self._enrolment = enrolment
        self._authority = authority
        self._border_address = border_address

    async def Enrol(
        self, request: enrolment_service_pb2.EnrolRequest, context: ServicerContext
    ) -> enrolment_service_pb2.EnrolResponse:
        enrolled = await self._enrolment.enrol(request.token, request.certificate_request)
        response = enrolment_service_pb2.EnrolResponse(
            provider=enrolled.provider.name,
            certificate=enrolled.issued.der,
            ca_certificate=self._authority.certificate_der,
            border_address=self._border_address,
            country=enrolled.provider.country,
        )
        response.expire_time.FromDatetime(enrolled.issued.certificate.expire_time)
        return response
