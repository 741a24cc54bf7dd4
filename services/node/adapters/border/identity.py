"""Who this node is to the hub: its key and certificate, the hub's CA, and where the border is. Files in one folder.

A renewed certificate comes with a new key. The key is written first; a crash in between is mended when it is read.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from cryptography.x509.oid import NameOID

from kit.durable import replace_file, sync_folder
from node.domain.errors import NodeError

_KEY, _CERTIFICATE, _CA, _ENROLMENT = "node.key", "node.crt", "ca.crt", "enrolment.json"
_INVITATION = "invitation.sha256"
_NEXT = ".next"


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What the hub said when the node enrolled. `country`: ISO 3166-1 alpha-2."""

    provider: str
    country: str
    border_address: str


@dataclass(frozen=True, slots=True)
class Identity:
    """All that a connection needs, in PEM."""

    enrolment: Enrolment
    key: bytes
    certificate: bytes
    ca: bytes

    @property
    def serial(self) -> str:
        return format(self._parsed.serial_number, "x")

    @property
    def begin_time(self) -> datetime:
        return self._parsed.not_valid_before_utc

    @property
    def expire_time(self) -> datetime:
        return self._parsed.not_valid_after_utc

    @property
    def _parsed(self) -> x509.Certificate:
        return x509.load_pem_x509_certificate(self.certificate)


class IdentityFolder:
    """Reads and writes the files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def enrolment(self) -> Enrolment | None:
        """None before the node enrolled."""
        try:
            return Enrolment(**json.loads((self._folder / _ENROLMENT).read_text(encoding="utf-8")))
        except FileNotFoundError:
            return None

    def used(self, token: str) -> bool:
        """Whether the identity came by this very invitation."""
        path = self._folder / _INVITATION
        return path.exists() and path.read_text(encoding="ascii").strip() == _digest(token)

    def read(self) -> Identity:
        """Raises NodeError if the node has not enrolled or a file is broken."""
        enrolment = self.enrolment()
        if enrolment is None:
            raise NodeError("this node has not enrolled yet; run `oncordia-node enrol` with the hub's invitation")
        try:
            self._finish_renewal()
            key, certificate, ca = ((self._folder / name).read_bytes() for name in (_KEY, _CERTIFICATE, _CA))
            fits = _fit(key, certificate)
        except (OSError, ValueError) as error:
            raise NodeError(f"the node's identity in {self._folder} can't be read ({error}); enrol again") from None
        if not fits:
            raise NodeError(f"{_CERTIFICATE} in {self._folder} does not belong to {_KEY}; enrol again")
        return Identity(enrolment, key, certificate, ca)

    def write(self, enrolment: Enrolment, key: bytes, certificate: bytes, ca: bytes, token: str) -> None:
        """Stores a first identity, or one by a new invitation, whose token is remembered. Raises OSError."""
        replace_file(self._folder / _CA, ca)
        self.renew(key, certificate)
        replace_file(self._folder / _ENROLMENT, json.dumps(vars_of(enrolment), indent=1).encode())
        replace_file(self._folder / _INVITATION, _digest(token).encode() + b"\n")

    def renew(self, key: bytes, certificate: bytes) -> None:
        """Exchanges key and certificate, both or (after a crash) none. Raises OSError."""
        self._folder.mkdir(parents=True, exist_ok=True)
        _write_private(self._folder / (_KEY + _NEXT), key)
        replace_file(self._folder / (_CERTIFICATE + _NEXT), certificate)
        self._finish_renewal()

    def _finish_renewal(self) -> None:
        next_key, next_certificate = self._folder / (_KEY + _NEXT), self._folder / (_CERTIFICATE + _NEXT)
        if not next_certificate.exists():
            return
        key = next_key if next_key.exists() else self._folder / _KEY
        if _fit(key.read_bytes(), next_certificate.read_bytes()):
            if key is next_key:
                os.replace(next_key, self._folder / _KEY)
            os.replace(next_certificate, self._folder / _CERTIFICATE)
            sync_folder(self._folder)


def vars_of(enrolment: Enrolment) -> dict[str, str]:
    return {
        "provider": enrolment.provider,
        "country": enrolment.country,
        "border_address": enrolment.border_address,
    }


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def new_key() -> ec.EllipticCurvePrivateKey:
    """ECDSA on P-256, as the hub asks for."""
    return ec.generate_private_key(ec.SECP256R1())


def key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def signing_request(key: ec.EllipticCurvePrivateKey) -> bytes:
    """PKCS #10 in DER. The hub writes its own names into the certificate."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "oncordia node")])
    return (
        x509.CertificateSigningRequestBuilder()
        .subject_name(subject)
        .sign(key, hashes.SHA256())
        .public_bytes(Encoding.DER)
    )


def certificate_pem(der: bytes) -> bytes:
    """Raises ValueError."""
    return x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM)


def _fit(key: bytes, certificate: bytes) -> bool:
    public = load_pem_private_key(key, password=None).public_key()
    return x509.load_pem_x509_certificate(certificate).public_key() == public


def _write_private(path: Path, content: bytes) -> None:
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
