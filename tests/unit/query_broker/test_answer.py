from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from query_broker.domain.answer import AnswerState, Report, first_answer
from query_broker.domain.provider import Provider, ProviderState
from tests.unit.query_broker.builders import NOW, answer

LATER = NOW + timedelta(seconds=1)
FINAL = [state for state in AnswerState if state.is_final]


@given(st.lists(st.sampled_from(AnswerState)))
def test_the_first_final_state_stays_whatever_comes_after(states: list[AnswerState]) -> None:
    current = answer(Report(AnswerState.PENDING))
    final: AnswerState | None = None
    for state in states:
        current = current.follow(Report(state), LATER) or current
        if final is None and state.is_final:
            final = state
        assert current.state is final or (final is None and not current.state.is_final)


@pytest.mark.parametrize("state", FINAL)
def test_a_late_answer_changes_nothing(state: AnswerState) -> None:
    assert answer(Report(state)).follow(Report(AnswerState.ANSWERED), LATER) is None


def test_a_repeated_delivery_changes_nothing() -> None:
    assert answer(Report(AnswerState.DELIVERED)).follow(Report(AnswerState.DELIVERED), LATER) is None


def test_delivered_never_goes_back_to_pending() -> None:
    assert answer(Report(AnswerState.DELIVERED)).follow(Report(AnswerState.PENDING), LATER) is None


@pytest.mark.parametrize(
    ("state", "expected", "reason"),
    [
        (ProviderState.LIVE, AnswerState.PENDING, ""),
        (ProviderState.STALE, AnswerState.PENDING, ""),
        (ProviderState.DRAINING, AnswerState.PENDING, ""),
        (ProviderState.DISABLED_BY_PROVIDER, AnswerState.REFUSED, "DISABLED_BY_PROVIDER"),
        (ProviderState.DISABLED_BY_HUB, AnswerState.REFUSED, "DISABLED_BY_HUB"),
        (ProviderState.NEVER_CONNECTED, AnswerState.FAILED, "NEVER_CONNECTED"),
    ],
)
def test_a_provider_that_cannot_be_asked_is_never_shown_as_one_without_cases(
    state: ProviderState, expected: AnswerState, reason: str
) -> None:
    first = first_answer(Provider("providers/a", "A", "BE", state), "task", NOW)
    assert (first.state, first.report.reason, first.report.counts) == (expected, reason, ())
