"""Signing in."""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request

import jwt

from cli.errors import UserError
from cli.profile import Profile

# The issuer's users are named shorter than some roles.
_USERS_OF = {"provider_steward": "steward", "access_committee": "committee"}


def local_token(profile: Profile, who: str) -> str:
    """A token of the local issuer for one of its invented users. Raises UserError."""
    if profile.client_secrets is None:
        raise UserError(
            "this hub has no local issuer; get a token from its identity provider and put it into ONCORDIA_TOKEN"
        )
    try:
        secret = (profile.client_secrets / _client(profile, who)).read_text().strip()
    except FileNotFoundError:
        known = ", ".join(sorted(file.name for file in profile.client_secrets.iterdir()))
        raise UserError(f"the local issuer knows no {who}; it knows {known}") from None
    form = {"grant_type": "client_credentials", "client_id": _client(profile, who), "client_secret": secret}
    request = urllib.request.Request(  # noqa: S310 - the address is the profile's
        f"{profile.issuer.rstrip('/')}/token", data=urllib.parse.urlencode(form).encode()
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            return str(json.load(answer)["access_token"])
    except urllib.error.HTTPError as error:
        raise UserError(f"the issuer refused {who}: {error.read().decode(errors='replace')[:200]}") from None
    except OSError as error:
        raise UserError(f"the issuer at {profile.issuer} does not answer: {error}") from None


def describe(token: str) -> str:
    """Whose token it is, from its claims; checking it is the hub's business."""
    try:
        claims = jwt.decode(token, options={"verify_signature": False})
    except jwt.PyJWTError:
        raise UserError("this is not a token (a JWT is expected)") from None
    roles = ", ".join(claims.get("roles", []))
    return f"{claims.get('sub')} of {claims.get('organisation', '?')} ({claims.get('country', '?')}), as {roles}"


def _client(profile: Profile, who: str) -> str:
    """A user's id; a role stands for its first user."""
    if profile.client_secrets is None or (profile.client_secrets / who).exists():
        return who
    return f"{_USERS_OF.get(who, who)}-1"
