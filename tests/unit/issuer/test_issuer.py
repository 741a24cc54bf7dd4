import base64
import json
import stat
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

import jwt
import pytest
from starlette.applications import Starlette
from starlette.types import Message

from issuer.app import make_app
from issuer.client_secrets import ClientSecrets
from issuer.settings import IssuerSettings
from issuer.signing import Tokens, load_signing_key
from issuer.users import UserId, UsersFileError, load_users
from kit.clock import SystemClock
from kit.identity.caller import Role

ISSUER = "http://127.0.0.1:1"


class Answer:
    def __init__(self, status: int, body: bytes) -> None:
        self.status = status
        self.json = json.loads(body)


class Client:
    """Calls the application in this process."""

    def __init__(self, app: Starlette) -> None:
        self._app = app

    async def call(self, method: str, path: str, body: bytes = b"", authorization: str = "") -> Answer:
        sent: list[Message] = []
        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "headers": [(b"authorization", authorization.encode())] if authorization else [],
        }

        async def receive() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Message) -> None:
            sent.append(message)

        await self._app(scope, receive, send)
        return Answer(sent[0]["status"], b"".join(m.get("body", b"") for m in sent[1:]))

    async def token(self, client_id: str, secret: str, grant: str = "client_credentials") -> Answer:
        form = {"grant_type": grant, "client_id": client_id, "client_secret": secret}
        return await self.call("POST", "/token", urlencode(form).encode())


@pytest.fixture
def issuer(tmp_path: Path) -> Client:
    users = load_users()
    tokens = Tokens(load_signing_key(tmp_path), ISSUER, "oncordia", timedelta(minutes=60))
    return Client(make_app(users, ClientSecrets(tmp_path / "secrets", users), tokens, SystemClock()))


@pytest.fixture
def secret(tmp_path: Path) -> Callable[[str], str]:
    return lambda user: (tmp_path / "secrets" / user).read_text()


async def test_a_token_says_who_the_user_is_and_verifies_with_the_published_key(
    issuer: Client, secret: Callable[[str], str]
) -> None:
    answer = await issuer.token("researcher-2", secret("researcher-2"))
    key = jwt.PyJWK((await issuer.call("GET", "/jwks")).json["keys"][0])
    claims = jwt.decode(answer.json["access_token"], key, ["ES256"], audience="oncordia", issuer=ISSUER)
    assert claims["sub"] == "researcher-2"
    assert claims["organisation"] == "demo-institute-lyon"
    assert claims["country"] == "FR"
    assert claims["roles"] == ["researcher"]
    assert claims["exp"] - claims["iat"] == answer.json["expires_in"] == 3600
    assert claims["jti"]


async def test_a_role_name_gives_the_first_user_who_has_it(issuer: Client, secret: Callable[[str], str]) -> None:
    for client, user in (("auditor", "auditor-1"), ("steward", "steward-1"), ("provider_steward", "steward-1")):
        answer = await issuer.token(client, secret(user))
        claims = jwt.decode(answer.json["access_token"], options={"verify_signature": False})
        assert claims["sub"] == user


async def test_the_secret_can_come_in_the_authorization_header(issuer: Client, secret: Callable[[str], str]) -> None:
    header = "Basic " + base64.b64encode(f"operator-1:{secret('operator-1')}".encode()).decode()
    answer = await issuer.call("POST", "/token", b"grant_type=client_credentials", header)
    assert answer.status == 200


@pytest.mark.parametrize("client", ["researcher-1", "nobody", "", "../signing.pem"])
async def test_a_wrong_secret_and_an_unknown_client_are_refused_alike(issuer: Client, client: str) -> None:
    answer = await issuer.token(client, "wrong")
    assert (answer.status, answer.json["error"]) == (401, "invalid_client")
    assert answer.json["error_description"] == "no such client, or not its secret"


async def test_another_grant_is_refused_by_name(issuer: Client) -> None:
    answer = await issuer.token("researcher-1", "x", grant="password")
    assert (answer.status, answer.json["error"]) == (400, "unsupported_grant_type")


async def test_a_long_body_is_refused(issuer: Client) -> None:
    assert (await issuer.call("POST", "/token", b"x" * 5000)).status == 413


async def test_discovery_leads_to_the_other_pages(issuer: Client) -> None:
    page = (await issuer.call("GET", "/.well-known/openid-configuration")).json
    assert page["issuer"] == ISSUER
    assert page["jwks_uri"] == f"{ISSUER}/jwks"
    assert page["token_endpoint"] == f"{ISSUER}/token"


def test_keys_and_secrets_stay_over_a_restart_and_only_their_owner_reads_them(tmp_path: Path) -> None:
    users = load_users()
    first = load_signing_key(tmp_path)
    ClientSecrets(tmp_path / "secrets", users)
    before = {path: path.read_bytes() for path in (tmp_path / "secrets").iterdir()}
    assert load_signing_key(tmp_path).key_id == first.key_id
    ClientSecrets(tmp_path / "secrets", users)
    assert {path: path.read_bytes() for path in before} == before
    for path in (tmp_path / "signing.pem", *before):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_researchers_are_of_several_organisations_and_countries() -> None:
    researchers = [u for u in load_users().by_id.values() if Role.RESEARCHER in u.roles]
    assert len({u.organisation for u in researchers}) >= 3
    assert len({u.country for u in researchers}) >= 3
    assert len(researchers) > len({u.organisation for u in researchers}), "two of one organisation, to tell them apart"


def test_every_role_has_a_user() -> None:
    assert {role for u in load_users().by_id.values() for role in u.roles} == set(Role)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("users: 1", "expected a list"),
        ("users: [{id: a, organisation: o, country: BE}]", "roles is missing"),
        ("users: [{id: a, organisation: o, country: BE, roles: [king]}]", "'king' is not a valid Role"),
        ("users: [{id: ../a, organisation: o, country: BE, roles: [node]}]", "id has characters"),
        ("users: []\naliases: {a: b}", "the alias a stands for b"),
    ],
)
def test_a_bad_users_file_is_refused_with_the_entry_named(tmp_path: Path, text: str, expected: str) -> None:
    (tmp_path / "users.yaml").write_text(text)
    with pytest.raises(UsersFileError, match=expected):
        load_users(tmp_path / "users.yaml")


@pytest.mark.parametrize("listen", ["127.0.0.1:80", "[::1]:80", "localhost:80"])
def test_it_listens_on_loopback(tmp_path: Path, listen: str) -> None:
    assert IssuerSettings(listen=listen, oidc_issuer=ISSUER, data_dir=tmp_path).listen == listen


@pytest.mark.parametrize("listen", ["0.0.0.0:80", "[::]:80", "10.1.2.3:80", "hub.example:80"])
def test_it_refuses_to_be_reached_by_other_machines(tmp_path: Path, listen: str) -> None:
    with pytest.raises(ValueError, match="ONCORDIA_ISSUER_ALLOW_REMOTE"):
        IssuerSettings(listen=listen, oidc_issuer=ISSUER, data_dir=tmp_path)
    assert IssuerSettings(listen=listen, oidc_issuer=ISSUER, data_dir=tmp_path, issuer_allow_remote=True)


def test_a_missing_setting_is_named(tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "issuer"], capture_output=True, text=True, env={"ONCORDIA_DATA_DIR": str(tmp_path)}
    )
    assert run.returncode == 1
    assert "ONCORDIA_OIDC_ISSUER: Field required" in run.stderr


def test_a_token_expires(tmp_path: Path) -> None:
    tokens = Tokens(load_signing_key(tmp_path), ISSUER, "oncordia", timedelta(minutes=60))
    old = tokens.sign(load_users().by_id[UserId("researcher-1")], datetime(2020, 1, 1, tzinfo=UTC))
    with pytest.raises(jwt.ExpiredSignatureError):
        jwt.decode(old, tokens.key.private.public_key(), ["ES256"], audience="oncordia", issuer=ISSUER)
