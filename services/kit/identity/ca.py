"""The hub's certificate authority for nodes: its key and certificate, as PEM files among the deployment's keys."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from cryptography.x509.oid import NameOID

from kit.errors import FailedPrecondition
from kit.identity import keys

CA_KEY = "ca.key"
CA_CERTIFICATE = "ca.crt"
_LIFE = timedelta(days=3650)


def init_ca(directory: Path) -> bool:
    """Makes ca.key (ECDSA P-256) and ca.crt (ten years). False if the key is there already; it is never replaced."""
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    made = keys.write_new(directory, CA_KEY, pem)
    keys.write_new(directory, CA_CERTIFICATE, _certificate(_key(directory)).public_bytes(Encoding.PEM))
    return made


def read_ca(directory: Path) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    """The CA's key and certificate. Raises FailedPrecondition if one is missing or they don't fit."""
    key = _key(directory)
    try:
        certificate = x509.load_pem_x509_certificate(keys.read(directory, CA_CERTIFICATE))
    except ValueError:
        raise FailedPrecondition("KEY_MALFORMED", f"{CA_CERTIFICATE} is not a PEM certificate") from None
    if certificate.public_key() != key.public_key():
        raise FailedPrecondition("KEY_MALFORMED", f"{CA_CERTIFICATE} does not belong to {CA_KEY}")
    return key, certificate


def fingerprint(certificate: x509.Certificate) -> str:
    """SHA-256 of its DER form, in hexadecimal."""
    return hashlib.sha256(certificate.public_bytes(Encoding.DER)).hexdigest()


def _key(directory: Path) -> ec.EllipticCurvePrivateKey:
    try:
        key = load_pem_private_key(keys.read(directory, CA_KEY), password=None)
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise FailedPrecondition("KEY_MALFORMED", f"{CA_KEY} is not an unencrypted elliptic curve key in PEM")
    return key


def _certificate(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Oncordia hub CA")])
    now = datetime.now(UTC)
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + _LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_ca_usage(), critical=True)
        .add_extension(identifier, critical=False)
        .sign(key, hashes.SHA256())
    )


def _ca_usage() -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )
