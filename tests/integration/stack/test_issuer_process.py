import json
import urllib.parse
import urllib.request
from pathlib import Path

import jwt

from stack.background import Background
from stack.home import Home
from stack.ports import Ports
from stack.postgres import Postgres
from stack.services import HUB, ISSUER, Deployment


def test_the_stack_starts_an_issuer_whose_tokens_its_own_keys_verify(tmp_path: Path) -> None:
    home = Home(tmp_path)
    deployment = Deployment(home, Ports(), "127.0.0.1:1", Postgres(home.postgres, 2, home.passwords))
    endpoints = deployment.endpoints()
    with Background(deployment.hub([row for row in HUB if row.name == ISSUER]), home.logs):
        with urllib.request.urlopen(f"{endpoints['issuer']}/.well-known/openid-configuration") as page:  # noqa: S310 - our own http address
            discovery = json.load(page)
        form = {
            "grant_type": "client_credentials",
            "client_id": "researcher",
            "client_secret": (Path(endpoints["issuer_secrets"]) / "researcher-1").read_text(),
        }
        with urllib.request.urlopen(discovery["token_endpoint"], urllib.parse.urlencode(form).encode()) as page:  # noqa: S310
            token = json.load(page)["access_token"]
        key = jwt.PyJWKClient(discovery["jwks_uri"]).get_signing_key_from_jwt(token)
        claims = jwt.decode(token, key, ["ES256"], audience=endpoints["audience"], issuer=endpoints["issuer"])
    assert claims["sub"] == "researcher-1"
    assert "address already in use" not in (home.logs / "issuer.log").read_text()
