"""The three pages of the issuer: discovery, keys and tokens."""

import base64
import binascii
from urllib.parse import parse_qs, unquote

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from issuer.client_secrets import ClientSecrets
from issuer.signing import ALGORITHM, Tokens
from issuer.users import Users
from kit.clock import Clock

_LONGEST_BODY = 4096


def make_app(users: Users, client_secrets: ClientSecrets, tokens: Tokens, clock: Clock) -> Starlette:
    """The issuer as an ASGI application."""

    async def discovery(_: Request) -> JSONResponse:
        """OpenID Connect Discovery 1.0, section 3."""
        base = tokens.issuer.rstrip("/")
        return JSONResponse(
            {
                "issuer": tokens.issuer,
                "jwks_uri": f"{base}/jwks",
                "token_endpoint": f"{base}/token",
                "grant_types_supported": ["client_credentials"],
                "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
                "response_types_supported": ["token"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": [ALGORITHM],
            }
        )

    async def jwks(_: Request) -> JSONResponse:
        return JSONResponse({"keys": [tokens.key.public_jwk()]})

    async def token(request: Request) -> JSONResponse:
        """The client credentials grant, RFC 6749 section 4.4."""
        body = b""
        async for chunk in request.stream():
            body += chunk
            if len(body) > _LONGEST_BODY:
                return _error(413, "invalid_request", f"the body is longer than {_LONGEST_BODY} bytes")
        form = {name: values[-1] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}
        if form.get("grant_type") != "client_credentials":
            return _error(400, "unsupported_grant_type", "grant_type must be client_credentials")
        client_id, secret = _basic(request) or (form.get("client_id", ""), form.get("client_secret", ""))
        user = users.find(client_id)
        if user is None or not client_secrets.holds(user.id, secret):
            return _error(401, "invalid_client", "no such client, or not its secret")
        return JSONResponse(
            {
                "access_token": tokens.sign(user, clock.now()),
                "token_type": "Bearer",
                "expires_in": int(tokens.lifetime.total_seconds()),
            },
            headers={"Cache-Control": "no-store"},
        )

    return Starlette(
        routes=[
            Route("/.well-known/openid-configuration", discovery),
            Route("/jwks", jwks),
            Route("/token", token, methods=["POST"]),
        ]
    )


def _basic(request: Request) -> tuple[str, str] | None:
    scheme, _, coded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, _, secret = base64.b64decode(coded).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return unquote(name), unquote(secret)


def _error(status: int, code: str, description: str) -> JSONResponse:
    return JSONResponse({"error": code, "error_description": description}, status_code=status)
