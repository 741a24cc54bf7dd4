"""Tokens are checked with their issuer's keys, which are not asked for as often as a caller likes."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import jwt
import pytest

from kit.clock import SystemClock
from kit.errors import Unauthenticated
from kit.identity import tokens
from kit.identity.deployment_keys import init_keys
from kit.identity.handles import Handles
from kit.identity.tokens import TokenVerifier
from kit.settings import OidcSettings
from tests.world import LocalIssuer, issuing


@pytest.fixture
def served(tmp_path: Path) -> Iterator[LocalIssuer]:
    with issuing(tmp_path / "issuer") as issuer:
        yield issuer


@pytest.fixture
def verifier(served: LocalIssuer, tmp_path: Path) -> TokenVerifier:
    init_keys(tmp_path / "keys", datetime.now(UTC).year)
    return TokenVerifier(OidcSettings(issuer=served.url), Handles(tmp_path / "keys"), SystemClock())


@pytest.fixture
def fetches(monkeypatch: pytest.MonkeyPatch) -> list[None]:
    """One for each time that the issuer is asked for its keys."""
    asked: list[None] = []
    fetch = jwt.PyJWKClient.fetch_data

    def counted(client: jwt.PyJWKClient) -> object:
        asked.append(None)
        return fetch(client)

    monkeypatch.setattr(jwt.PyJWKClient, "fetch_data", counted)
    return asked


def with_unknown_key(number: int) -> str:
    return jwt.encode({"sub": "nobody"}, "a secret that is long enough, yes", "HS256", {"kid": f"key-{number}"})


async def test_a_flood_of_unknown_keys_asks_the_issuer_once(
    served: LocalIssuer, verifier: TokenVerifier, fetches: list[None]
) -> None:
    assert (await verifier.verify(served.token("researcher-1"))).caller.organisation
    assert len(fetches) == 1
    for number in range(20):
        with pytest.raises(Unauthenticated):
            await verifier.verify(with_unknown_key(number))
    assert len(fetches) == 2
    assert (await verifier.verify(served.token("auditor-1"))).caller.roles


async def test_a_key_that_is_new_at_the_issuer_is_asked_for_again(
    verifier: TokenVerifier, fetches: list[None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens, "REFETCH_SECONDS", 0.0)
    for number in range(3):
        with pytest.raises(Unauthenticated):
            await verifier.verify(with_unknown_key(number))
    # The first look fetches as well.
    assert len(fetches) == 4
