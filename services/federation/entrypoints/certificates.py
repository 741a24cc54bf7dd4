"""Who calls at the border: the provider that the client certificate names."""

from __future__ import annotations

from datetime import datetime

from cryptography import x509
from cryptography.x509.oid import NameOID

from federation.application.ports import Certificates, Providers
from federation.domain.certificate import Serial, serial_of
from federation.domain.provider import ProviderId
from kit.clock import Clock
from kit.database.engine import Database
from kit.errors import Unauthenticated
from kit.identity.caller import Caller, Role
from kit.rpc.interceptor import ServicerContext


def presented(context: ServicerContext) -> tuple[ProviderId, Serial, datetime]:
    """Provider, serial and end of the certificate of the call. TLS has checked that our CA signed it.

    Raises Unauthenticated if there is none.
    """
    pem = next(iter(context.auth_context().get("x509_pem_cert", ())), None)
    if pem is None:
        raise Unauthenticated(
            "NO_CERTIFICATE", "the border needs a node's certificate; enrol with `oncordia-node enrol`"
        )
    certificate = x509.load_pem_x509_certificate(pem)
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return ProviderId(str(names[0].value)), serial_of(certificate.serial_number), certificate.not_valid_after_utc


class CertificateAuthenticator:
    """Knows nodes by certificates that the hub gave out and did not revoke."""

    def __init__(self, database: Database, clock: Clock, providers: Providers, certificates: Certificates) -> None:
        self._database = database
        self._clock = clock
        self._providers = providers
        self._certificates = certificates

    async def authenticate(self, context: ServicerContext, metadata: dict[str, str]) -> Caller | None:
        """Raises Unauthenticated for a certificate that is unknown here, revoked or expired."""
        if not context.auth_context().get("x509_pem_cert"):
            return None
        provider_id, serial, _ = presented(context)
        async with self._database.transaction() as transaction:
            known = await self._certificates.get(transaction, serial)
            if known is None or known.provider != provider_id:
                raise Unauthenticated(
                    "CERTIFICATE_UNKNOWN", "this hub did not give out the certificate; enrol with a new invitation"
                )
            provider = await self._providers.get(transaction, provider_id)
        if known.revoked:
            raise Unauthenticated("CERTIFICATE_REVOKED", "the certificate was revoked; enrol with a new invitation")
        if known.expire_time <= self._clock.now():
            raise Unauthenticated("CERTIFICATE_EXPIRED", "the certificate has expired; enrol with a new invitation")
        return Caller(
            subject=provider.name,
            actor=provider.name,
            organisation=provider.organisation,
            country=provider.country,
            roles=frozenset({Role.NODE}),
        )
