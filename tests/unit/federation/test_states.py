"""Providers, tasks and sessions as state machines."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.domain.certificate import Certificate, given_serial, serial_of
from federation.domain.invitation import Invitation, check_usable, token_hash
from federation.domain.provider import Link, Provider, ProviderId, ProviderState, Switch, new_provider
from federation.domain.session import Ending, Session, SessionNumber, must_end, superseded
from federation.domain.task import TaskState, may_precede
from kit.errors import FailedPrecondition, InvalidInput, PermissionDenied

NOW = datetime(2026, 11, 24, tzinfo=UTC)
SERIAL = serial_of(0xABC)
PROVIDER = new_provider("providers/leuven", "Leuven", "BE", "an organisation", NOW)
SESSION = Session(PROVIDER.id, SessionNumber(3), "instance-a", SERIAL, UUID(int=1), NOW)
CERTIFICATE = Certificate(SERIAL, PROVIDER.id, NOW + timedelta(days=1))


def later(hours: int = 1) -> datetime:
    return NOW + timedelta(hours=hours)


def test_a_new_provider_has_never_been_connected() -> None:
    assert PROVIDER.state is ProviderState.NEVER_CONNECTED


def test_every_wrong_field_of_a_new_provider_is_named() -> None:
    with pytest.raises(InvalidInput) as error:
        new_provider("leuven", "", "Belgium", "", NOW)
    assert [violation.field for violation in error.value.violations] == [
        "provider.name",
        "provider.display_name",
        "provider.country",
        "provider.organisation",
    ]


@pytest.mark.parametrize("name", ["providers/ab", "providers/-abc", "providers/Abc", "providers/" + "a" * 41, "abc"])
def test_a_name_that_is_no_resource_name_is_refused(name: str) -> None:
    with pytest.raises(InvalidInput):
        new_provider(name, "x", "BE", "x", NOW)


def test_a_silent_node_makes_its_provider_stale_and_the_time_of_that_is_kept() -> None:
    live = PROVIDER.linked(Link.UP, later(1))
    stale = live.linked(Link.DOWN, later(2))
    assert (stale.state, stale.state_time) == (ProviderState.STALE, later(2))
    assert stale.linked(Link.DOWN, later(3)).state_time == later(2)


def test_the_hubs_switch_hides_the_providers_own() -> None:
    off = PROVIDER.switched_off(Switch.NODE, NOW).switched_off(Switch.HUB, NOW)
    assert off.state is ProviderState.DISABLED_BY_HUB
    assert off.switched_on(Switch.HUB, NOW).state is ProviderState.DISABLED_BY_PROVIDER


@given(st.sampled_from(Switch), st.sampled_from(Switch))
def test_only_who_switched_a_provider_off_can_switch_it_on(by: Switch, other: Switch) -> None:
    off = PROVIDER.switched_off(by, NOW)
    if by is other:
        assert off.switched_on(other, NOW).enabled
    else:
        with pytest.raises(FailedPrecondition):
            off.switched_on(other, NOW)


@given(st.lists(st.one_of(st.sampled_from(Link), st.sampled_from(Switch)), max_size=12))
def test_the_state_time_changes_exactly_when_the_state_does(steps: list[Link | Switch]) -> None:
    provider: Provider = PROVIDER
    for hour, step in enumerate(steps, 1):
        before = provider
        if isinstance(step, Link):
            provider = provider.linked(step, later(hour))
        elif step in provider.off:
            provider = provider.switched_on(step, later(hour))
        else:
            provider = provider.switched_off(step, later(hour))
        assert (provider.state_time == later(hour)) == (provider.state is not before.state)
        assert provider.enabled == (provider.state.name.startswith("DISABLED") is False)


@given(st.lists(st.sampled_from(TaskState), max_size=10))
def test_a_task_ends_at_most_once_and_never_moves_back(wanted: list[TaskState]) -> None:
    state, ends = TaskState.PENDING, 0
    for following in wanted:
        if state.may_become(following):
            assert state in may_precede(following)
            ends += not following.open
            state = following
    assert ends <= 1
    assert state.open == (ends == 0)


def test_an_older_node_process_that_comes_back_is_superseded() -> None:
    assert superseded(SESSION, "instance-b", known_instance=True)
    assert not superseded(SESSION, "instance-b", known_instance=False)
    assert not superseded(SESSION, "instance-a", known_instance=True)
    assert not superseded(None, "instance-a", known_instance=False)


@pytest.mark.parametrize(
    ("latest", "provider", "certificate", "ending"),
    [
        (SESSION, PROVIDER, CERTIFICATE, None),
        (SESSION, PROVIDER, None, Ending.REVOKED),
        (SESSION, PROVIDER, replace(CERTIFICATE, revoked=True), Ending.REVOKED),
        (SESSION, PROVIDER, replace(CERTIFICATE, expire_time=NOW), Ending.EXPIRED),
        (SESSION, PROVIDER.switched_off(Switch.STEWARD, NOW), CERTIFICATE, Ending.DISABLED),
        (replace(SESSION, number=SessionNumber(4)), PROVIDER, CERTIFICATE, Ending.REPLACED),
        (replace(SESSION, number=SessionNumber(4), instance="instance-b"), PROVIDER, CERTIFICATE, Ending.SUPERSEDED),
        (replace(SESSION, held=False), PROVIDER, CERTIFICATE, Ending.LOST),
    ],
)
def test_a_session_ends_for_its_reason(
    latest: Session, provider: Provider, certificate: Certificate | None, ending: Ending | None
) -> None:
    assert must_end(SESSION, latest, provider, certificate, NOW) is ending


def test_a_superseded_node_does_not_come_back_by_itself() -> None:
    assert not Ending.SUPERSEDED.reconnect
    assert Ending.DRAINING.reconnect


def test_unknown_used_and_expired_invitations_are_told_apart_by_nobody() -> None:
    good = Invitation(token_hash("t"), ProviderId("leuven"), later())
    assert check_usable(good, NOW) is good
    messages = set()
    for bad in (None, replace(good, used=True), replace(good, expire_time=NOW)):
        with pytest.raises(PermissionDenied) as error:
            check_usable(bad, NOW)
        messages.add(error.value.message)
    assert len(messages) == 1


def test_a_serial_is_understood_in_every_usual_spelling() -> None:
    assert {given_serial(text) for text in ("0ABC", "0xabc", "0a:bc")} == {SERIAL}
