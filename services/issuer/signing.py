"""The issuer's signing key and the tokens that it signs."""

import hashlib
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from issuer.users import User
from kit.identity.keys import write_new

ALGORITHM = "ES256"
_KEY_FILE = "signing.pem"


@dataclass(frozen=True)
class SigningKey:
    """A P-256 key and its name in tokens."""

    private: ec.EllipticCurvePrivateKey
    key_id: str

    def public_jwk(self) -> dict[str, object]:
        """The public half as a JSON Web Key (RFC 7517)."""
        key: dict[str, object] = ECAlgorithm.to_jwk(self.private.public_key(), as_dict=True)
        return {**key, "kid": self.key_id, "alg": ALGORITHM, "use": "sig"}


@dataclass(frozen=True)
class Tokens:
    """Signs tokens of one issuer for one audience."""

    key: SigningKey
    issuer: str
    audience: str
    lifetime: timedelta

    def sign(self, user: User, now: datetime) -> str:
        """A JWT (RFC 7519) that says who the user is."""
        claims: dict[str, object] = {
            "iss": self.issuer,
            "sub": user.id,
            "aud": self.audience,
            "iat": int(now.timestamp()),
            "exp": int((now + self.lifetime).timestamp()),
            "jti": str(uuid.uuid4()),
            "name": f"{user.id} (invented)",
            "organisation": user.organisation,
            "country": user.country,
            "roles": [role.value for role in user.roles],
        }
        return jwt.encode(claims, self.key.private, algorithm=ALGORITHM, headers={"kid": self.key.key_id})


def load_signing_key(directory: Path) -> SigningKey:
    """The key in the directory, made at the first call. Raises ValueError when the file is no P-256 key."""
    directory.mkdir(parents=True, exist_ok=True)
    fresh = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    write_new(directory, _KEY_FILE, fresh)
    private = serialization.load_pem_private_key((directory / _KEY_FILE).read_bytes(), None)
    if not isinstance(private, ec.EllipticCurvePrivateKey):
        raise ValueError(f"{directory / _KEY_FILE} is no P-256 key; delete it to have a new one made")
    public = private.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return SigningKey(private, hashlib.sha256(public).hexdigest()[:16])
