"""Keys of signed notes and their texts (c2sp.org/signed-note, "Verifier keys").

A verifier key is written `<name>+<key id, hex>+<base64 of type byte and public key>`, a signer key as in Go's
note package, `PRIVATE+KEY+<name>+<key id, hex>+<base64 of type byte and seed>`, so that its tools read it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from hashlib import sha256
from typing import Final, NewType

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from tlog.errors import FormatError, VerificationError
from tlog.text import decode_base64, encode_base64, encode_utf8

KeyId = NewType("KeyId", bytes)
"""Four bytes that, with the key's name, tell which key signed. A label, not a strong hash."""

KEY_ID_SIZE: Final = 4
_ED25519_SIZE: Final = 32
_PRIVATE: Final = "PRIVATE+KEY+"


class KeyType(Enum):
    """What a key signs; the value is the type byte of c2sp.org/signed-note."""

    ED25519 = 0x01
    """The note's text."""
    COSIGNATURE = 0x04
    """A checkpoint and the time at which it was seen (c2sp.org/tlog-cosignature, v1)."""


def check_name(name: str) -> None:
    """Raises FormatError for an empty name, or one with spaces, control characters or plus signs."""
    if not name or any(one.isspace() or one == "+" or one < " " for one in name):
        raise FormatError("key name must not be empty or hold spaces, control characters or plus signs")
    encode_utf8(name, "key name")


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A name, what it signs, and an Ed25519 public key of 32 bytes. Raises FormatError for others."""

    name: str
    type: KeyType
    public: bytes

    def __post_init__(self) -> None:
        check_name(self.name)
        if len(self.public) != _ED25519_SIZE:
            raise FormatError(f"public key has {len(self.public)} bytes; an Ed25519 key has {_ED25519_SIZE}")

    @property
    def key_id(self) -> KeyId:
        """The first four bytes of SHA-256(name, newline, type byte, public key)."""
        material = self.name.encode("utf-8") + b"\n" + bytes([self.type.value]) + self.public
        return KeyId(sha256(material).digest()[:KEY_ID_SIZE])

    def check(self, signature: bytes, message: bytes) -> None:
        """Checks a bare Ed25519 signature. Raises VerificationError."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except (InvalidSignature, ValueError):
            raise VerificationError(f"signature of {self.name} is wrong") from None

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{_material(self.type, self.public)}"

    @classmethod
    def parse(cls, text: str) -> VerifierKey:
        """Reads what str() gives. Raises FormatError."""
        # A name holds no plus sign, base64 may.
        name, key_id, material = _fields(text, "verifier key")
        type_, public = _split(material, "verifier key")
        key = cls(name, type_, public)
        _check_id(key, key_id, "verifier key")
        return key


@dataclass(frozen=True, slots=True)
class SignerKey:
    """A name, what it signs, and the secret Ed25519 seed of 32 bytes. Raises FormatError for others."""

    name: str
    type: KeyType
    seed: bytes = field(repr=False)

    def __post_init__(self) -> None:
        check_name(self.name)
        if len(self.seed) != _ED25519_SIZE:
            raise FormatError(f"seed has {len(self.seed)} bytes; an Ed25519 seed has {_ED25519_SIZE}")

    def verifier(self) -> VerifierKey:
        """The public key to it."""
        return VerifierKey(self.name, self.type, self._private().public_key().public_bytes_raw())

    def sign(self, message: bytes) -> bytes:
        """The bare Ed25519 signature."""
        return self._private().sign(message)

    def to_text(self) -> str:
        """The key file's text, which is secret. Not str(), so that no log line writes it by accident."""
        return f"{_PRIVATE}{self.name}+{self.verifier().key_id.hex()}+{_material(self.type, self.seed)}"

    @classmethod
    def parse(cls, text: str) -> SignerKey:
        """Reads what to_text gives. Raises FormatError, without any of the text."""
        if not text.startswith(_PRIVATE):
            raise FormatError(f"signer key must begin with {_PRIVATE}")
        name, key_id, material = _fields(text.removeprefix(_PRIVATE), "signer key")
        type_, seed = _split(material, "signer key")
        key = cls(name, type_, seed)
        _check_id(key.verifier(), key_id, "signer key")
        return key

    def _private(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.seed)


def _material(type_: KeyType, key: bytes) -> str:
    return encode_base64(bytes([type_.value]) + key)


def _fields(text: str, what: str) -> tuple[str, str, str]:
    fields = text.split("+", 2)
    if len(fields) != 3:
        raise FormatError(f"{what} must have a name, a key id and a key, joined by plus signs")
    return fields[0], fields[1], fields[2]


def _split(material: str, what: str) -> tuple[KeyType, bytes]:
    data = decode_base64(material, f"key of the {what}")
    try:
        return KeyType(data[0] if data else 0), data[1:]
    except ValueError:
        raise FormatError(f"{what} has an unknown type; known are Ed25519 (1) and cosignature v1 (4)") from None


def _check_id(key: VerifierKey, key_id: str, what: str) -> None:
    if key.key_id.hex() != key_id:
        raise FormatError(f"key id of the {what} does not fit its name and key; it may be damaged")
