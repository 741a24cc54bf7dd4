"""Every method of the hub, called by those who may not: without a token, in the wrong role, as a stranger."""

from __future__ import annotations

import grpc
import pytest
from google.protobuf.message import Message

from kit.identity.caller import Role
from kit.rpc.status import reason_of
from tests.integration.access.hub import Hub, Owned
from tests.integration.access.rows import ROWS, Stranger
from tests.methods import METHODS

# A user of the local issuer in each role.
USERS = {
    Role.RESEARCHER: "researcher-1",
    Role.PROVIDER_STEWARD: "steward-1",
    Role.ACCESS_COMMITTEE: "committee-1",
    Role.OPERATOR: "operator-1",
    Role.AUDITOR: "auditor-1",
    Role.SERVICE: "service-1",
    Role.NODE: "node-1",
}
BORDER = {method for method in METHODS if method.startswith("BorderService.")}
AT_ALL_DOORS = pytest.mark.parametrize("method", sorted(METHODS.keys() - BORDER))

Refusal = tuple[grpc.StatusCode, str, str]


def outcome(hub: Hub, method: str, request: Message, user: str | None) -> Refusal | None:
    """Code, reason and words of the refusal; None if the call went through."""
    try:
        hub.call(method, request, user)
    except grpc.RpcError as error:
        return error.code(), reason_of(error), error.details() or ""
    return None


def test_every_method_has_a_row_and_every_role_a_user() -> None:
    assert ROWS.keys() == METHODS.keys()
    assert USERS.keys() == set(Role)


@AT_ALL_DOORS
def test_without_a_token_only_public_methods_answer(hub: Hub, owned: Owned, method: str) -> None:
    refused = outcome(hub, method, ROWS[method].request(owned.absent()), None)
    if hub.rule(method).public:
        assert refused is None or refused[0] is not grpc.StatusCode.UNAUTHENTICATED
    else:
        assert refused is not None
        assert refused[:2] == (grpc.StatusCode.UNAUTHENTICATED, "NO_TOKEN")


@AT_ALL_DOORS
def test_a_role_that_is_not_named_is_refused(hub: Hub, owned: Owned, method: str) -> None:
    rule = hub.rule(method)
    for role, user in USERS.items():
        refused = outcome(hub, method, ROWS[method].request(owned.absent()), user)
        missing = refused is not None and refused[:2] == (grpc.StatusCode.PERMISSION_DENIED, "ROLE_MISSING")
        assert missing == (not rule.public and role not in rule.roles), (role, refused)


@pytest.mark.parametrize("method", sorted(BORDER))
@pytest.mark.parametrize("user", [None, *USERS.values()])
def test_the_border_lets_nobody_in_by_a_token(hub: Hub, owned: Owned, method: str, user: str | None) -> None:
    refused = outcome(hub, method, ROWS[method].request(owned), user)
    assert refused is not None
    # TLS itself ends a connection without a certificate of the hub's CA.
    assert refused[0] is grpc.StatusCode.UNAVAILABLE


@pytest.mark.parametrize("method", [method for method in ROWS if ROWS[method].strangers])
def test_a_stranger_learns_nothing_of_what_is_not_theirs(hub: Hub, owned: Owned, method: str) -> None:
    row = ROWS[method]
    for user in row.strangers:
        match row.stranger:
            case Stranger.IS_TOLD_IT_IS_NOT_THERE | Stranger.IS_TOLD_NOTHING_OF_IT:
                absent = owned.absent()
                refused = outcome(hub, method, row.request(owned), user)
                unknown = outcome(hub, method, row.request(absent), user)
                assert refused is not None
                assert (*refused[:2], owned.renamed(refused[2], absent)) == unknown
                if row.stranger is Stranger.IS_TOLD_IT_IS_NOT_THERE:
                    assert refused[0] is grpc.StatusCode.NOT_FOUND
                else:
                    assert refused[0] is grpc.StatusCode.PERMISSION_DENIED
            case Stranger.MAY_READ_BUT_NOT_CHANGE_IT:
                refused = outcome(hub, method, row.request(owned), user)
                assert refused is not None
                assert refused[0] is grpc.StatusCode.PERMISSION_DENIED
                assert refused[1] != "ROLE_MISSING"
            case Stranger.DOES_NOT_SEE_IT_LISTED:
                listed = str(hub.call(method, row.request(owned), user))
                assert not any(name in listed for name in (owned.query, owned.model))
            case Stranger.IS_NO_STRANGER:
                pytest.fail("a row with strangers says what becomes of them")


@pytest.mark.parametrize("method", [method for method in ROWS if ROWS[method].owner])
def test_the_owner_is_let_through(hub: Hub, owned: Owned, method: str) -> None:
    """Without this the strangers' test could pass because nobody ever gets through."""
    row = ROWS[method]
    refused = outcome(hub, method, row.request(owned), row.owner)
    shut = (grpc.StatusCode.NOT_FOUND, grpc.StatusCode.PERMISSION_DENIED, grpc.StatusCode.UNAUTHENTICATED)
    assert refused is None or refused[0] not in shut
    if row.stranger is Stranger.DOES_NOT_SEE_IT_LISTED:
        listed = str(hub.call(method, row.request(owned), row.owner))
        assert any(name in listed for name in (owned.query, owned.model))
