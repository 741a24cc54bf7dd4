"""Checks OIDC tokens against their issuer's published keys."""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
import urllib.request
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import jwt

from kit.clock import Clock
from kit.errors import Unauthenticated, Unavailable
from kit.identity.caller import Caller, Role
from kit.identity.handles import Handles
from kit.settings import OidcSettings

_ALGORITHMS = ["ES256", "ES384", "RS256", "RS384", "PS256", "EdDSA"]
_CACHE = 10_000
REFETCH_SECONDS = 10.0
"""A token with an unknown key id has the issuer asked for its keys, but no more often: a caller can write any id."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What a token says. `issuer`, `token_subject` and `display_name` go to the vault and nowhere else."""

    caller: Caller
    token_id: bytes
    expire_time: datetime
    issuer: str
    token_subject: str
    display_name: str


class TokenVerifier:
    """Turns a bearer token into an Identity. Raises Unauthenticated, or Unavailable if the issuer is out of reach."""

    def __init__(self, settings: OidcSettings, handles: Handles, clock: Clock) -> None:
        self._settings = settings
        self._handles = handles
        self._clock = clock
        self._keys: jwt.PyJWKClient | None = None
        self._refetched = -REFETCH_SECONDS
        self._seen: OrderedDict[bytes, Identity] = OrderedDict()

    async def verify(self, token: str) -> Identity:
        digest = hashlib.sha256(token.encode()).digest()
        known = self._seen.get(digest)
        if known is not None:
            if known.expire_time <= self._clock.now():
                raise Unauthenticated("TOKEN_EXPIRED", "the token has expired; sign in again with `oncordia login`")
            return known
        identity = self._identity(digest, await self._claims(token))
        self._seen[digest] = identity
        if len(self._seen) > _CACHE:
            self._seen.popitem(last=False)
        return identity

    async def _claims(self, token: str) -> dict[str, object]:
        try:
            signing_key = await asyncio.to_thread(self._signing_key, token)
            claims: dict[str, object] = jwt.decode(
                token,
                signing_key,
                algorithms=_ALGORITHMS,
                audience=self._settings.audience,
                issuer=self._settings.issuer,
                options={"require": ["exp", "iat", "sub"]},
                leeway=5,
            )
        except jwt.ExpiredSignatureError:
            raise Unauthenticated(
                "TOKEN_EXPIRED", "the token has expired; sign in again with `oncordia login`"
            ) from None
        except jwt.PyJWKClientConnectionError:
            raise Unavailable("ISSUER_UNREACHABLE", "the issuer of tokens does not answer; try again") from None
        except (jwt.PyJWTError, ValueError) as error:
            raise Unauthenticated("TOKEN_INVALID", f"the token is not valid here ({type(error).__name__})") from None
        return claims

    def _signing_key(self, token: str) -> jwt.PyJWK:
        if self._keys is None:
            discovery = f"{self._settings.issuer.rstrip('/')}/.well-known/openid-configuration"
            try:
                with urllib.request.urlopen(discovery, timeout=5) as answer:  # noqa: S310 - the operator's own setting
                    self._keys = jwt.PyJWKClient(json.load(answer)["jwks_uri"], cache_keys=True, timeout=5)
            except OSError as error:
                raise jwt.PyJWKClientConnectionError(str(error)) from None
        key_id = jwt.get_unverified_header(token).get("kid")
        found = _by_id(self._keys.get_signing_keys())
        if key_id not in found and time.monotonic() - self._refetched >= REFETCH_SECONDS:
            self._refetched = time.monotonic()
            found = _by_id(self._keys.get_signing_keys(refresh=True))
        if key_id not in found:
            raise jwt.PyJWKClientError("the issuer has no such key")
        return found[key_id]

    def _identity(self, digest: bytes, claims: dict[str, object]) -> Identity:
        settings = self._settings
        subject = self._handles.subject(settings.issuer, str(claims["sub"]))
        listed = claims.get(settings.roles_claim)
        given = listed if isinstance(listed, list) else []
        expire = claims["exp"]
        if not isinstance(expire, int | float):
            raise Unauthenticated("TOKEN_INVALID", "the token's exp is not a number")
        caller = Caller(
            subject=subject,
            actor=self._handles.actor(subject, self._clock.now()),
            organisation=str(claims.get(settings.organisation_claim, "")),
            country=str(claims.get(settings.country_claim, "")),
            roles=frozenset(role for role in Role if role.value in given),
        )
        return Identity(
            caller=caller,
            token_id=digest,
            expire_time=datetime.fromtimestamp(expire, UTC),
            issuer=settings.issuer,
            token_subject=str(claims["sub"]),
            display_name=str(claims.get(settings.name_claim, "")),
        )


def _by_id(found: Sequence[jwt.PyJWK]) -> dict[str | None, jwt.PyJWK]:
    return {key.key_id: key for key in found}
