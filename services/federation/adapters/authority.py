"""Signs certificates with the hub's CA: short-lived ones for nodes, and those of the hub's own listeners."""

from __future__ import annotations

import ipaddress
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from federation.application.ports import IssuedCertificate
from federation.domain.certificate import Certificate, serial_of
from federation.domain.provider import ProviderId
from kit.errors import InvalidInput
from kit.identity.ca_key import fingerprint, read_ca

# Clocks of hospitals differ; a certificate must be valid at once.
_CLOCK_SKEW = timedelta(minutes=5)
_MAX_REQUEST_BYTES = 4096


class CertificateAuthority:
    """The port Authority, and the listeners' own certificates. Raises FailedPrecondition without ca.key and ca.crt."""

    def __init__(self, keys_dir: Path, node_life: timedelta) -> None:
        self._key, self._certificate = read_ca(keys_dir)
        self._node_life = node_life

    @property
    def certificate_der(self) -> bytes:
        return self._certificate.public_bytes(Encoding.DER)

    @property
    def certificate_pem(self) -> bytes:
        return self._certificate.public_bytes(Encoding.PEM)

    @property
    def fingerprint(self) -> str:
        return fingerprint(self._certificate)

    def issue(self, provider: ProviderId, request: bytes, now: datetime) -> IssuedCertificate:
        """A client certificate that names the provider; whatever names the request holds are ignored.

        Raises InvalidInput for a request that isn't PKCS #10, isn't signed by its key, or whose key isn't P-256.
        """
        serial = secrets.randbits(128) | 1
        expire_time = now + self._node_life
        certificate = (
            self._builder(_requested_key(request), provider, serial, now, expire_time)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        # A certificate's times are whole seconds.
        remembered = Certificate(serial_of(serial), provider, certificate.not_valid_after_utc)
        return IssuedCertificate(remembered, certificate.public_bytes(Encoding.DER))

    def server_identity(self, hosts: Sequence[str], now: datetime) -> tuple[bytes, bytes]:
        """A new key and its certificate chain (PEM) for a listener with these host names or addresses."""
        key = ec.generate_private_key(ec.SECP256R1())
        serial = secrets.randbits(128) | 1
        certificate = (
            self._builder(key.public_key(), hosts[0], serial, now, self._certificate.not_valid_after_utc)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(x509.SubjectAlternativeName([_general_name(host) for host in hosts]), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        # The CA's certificate goes along, so that an enrolling node can compare its fingerprint.
        return private, certificate.public_bytes(Encoding.PEM) + self.certificate_pem

    def _builder(
        self, key: ec.EllipticCurvePublicKey, name: str, serial: int, now: datetime, expire_time: datetime
    ) -> x509.CertificateBuilder:
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        return (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
            .issuer_name(self._certificate.subject)
            .public_key(key)
            .serial_number(serial)
            .not_valid_before(now - _CLOCK_SKEW)
            .not_valid_after(expire_time)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(issuer, critical=False)
        )


def _requested_key(request: bytes) -> ec.EllipticCurvePublicKey:
    field = "certificate_request"
    try:
        if len(request) > _MAX_REQUEST_BYTES:
            raise ValueError
        parsed = x509.load_der_x509_csr(request)
        key = parsed.public_key()
        signed = parsed.is_signature_valid
    except (ValueError, UnsupportedAlgorithm):
        raise InvalidInput.of(field, "is not a PKCS #10 signing request in DER") from None
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise InvalidInput.of(field, "must be for an ECDSA key on P-256")
    if not signed:
        raise InvalidInput.of(field, "is not signed by the key that it is for")
    return key


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)
