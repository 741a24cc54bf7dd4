"""The hub's certificate authority: its key and its self-signed certificate, in PEM."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from kit.errors import FailedPrecondition
from kit.identity import keys

CA_PRIVATE = "ca.key"
CA_CERTIFICATE = "ca.crt"
LIFETIME = timedelta(days=3650)


def init_ca(directory: Path, now: datetime | None = None) -> bool:
    """Makes ca.key (secret) and ca.crt (to be handed to nodes). False if the key is there already; a certificate that
    it lacks, after a start that was cut off, is made then."""
    pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    made = keys.write_new(directory, CA_PRIVATE, pem)
    if not (directory / CA_CERTIFICATE).exists():
        certificate = _self_signed(_read_key(directory), now or datetime.now(UTC))
        keys.write_new(directory, CA_CERTIFICATE, certificate.public_bytes(serialization.Encoding.PEM))
    return made


def _self_signed(private: ec.EllipticCurvePrivateKey, began: datetime) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Oncordia border CA")])
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(began - timedelta(minutes=5))
        .not_valid_after(began + LIFETIME)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(
            x509.KeyUsage(
                digital_signature=False,
                content_commitment=False,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                key_cert_sign=True,
                crl_sign=True,
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(private.public_key()), critical=False)
        .sign(private, hashes.SHA256())
    )


def read_ca(directory: Path) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    """The CA's key and certificate. Raises FailedPrecondition if one is missing or they don't fit."""
    key = _read_key(directory)
    try:
        certificate = x509.load_pem_x509_certificate(keys.read(directory, CA_CERTIFICATE))
    except ValueError:
        raise FailedPrecondition("KEY_MALFORMED", f"{CA_CERTIFICATE} is not PEM") from None
    if certificate.public_key() != key.public_key():
        raise FailedPrecondition("KEY_MALFORMED", f"{CA_CERTIFICATE} does not belong to {CA_PRIVATE}")
    return key, certificate


def _read_key(directory: Path) -> ec.EllipticCurvePrivateKey:
    try:
        key = serialization.load_pem_private_key(keys.read(directory, CA_PRIVATE), password=None)
    except (ValueError, TypeError):
        raise FailedPrecondition("KEY_MALFORMED", f"{CA_PRIVATE} is not unencrypted PEM") from None
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise FailedPrecondition("KEY_MALFORMED", f"{CA_PRIVATE} is no key on an elliptic curve")
    return key


def fingerprint(certificate: x509.Certificate) -> str:
    """SHA-256 of its DER form, in hexadecimal: what an invitation shows."""
    return certificate.fingerprint(hashes.SHA256()).hex()
