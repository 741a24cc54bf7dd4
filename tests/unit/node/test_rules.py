"""The provider's rules: ranges, budgets, and a hub that can only tighten."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.domain.counts import Counts, CountUnit
from node.domain.epsilon import as_decimal, micro
from node.domain.errors import PolicyError
from node.domain.policy import ProviderPolicy
from node.domain.protection import DrawnCounts
from node.domain.rules import AnswerRules, HubPolicy
from node.domain.stored_answer import reusable

epsilons = st.integers(1, 2_000_000).map(lambda n: Decimal(n) / 1_000_000)
rules = st.builds(AnswerRules, epsilons, st.integers(0, 50), st.integers(1, 50), st.integers(1, 50), st.integers(1, 50))
hub_policies = st.builds(
    HubPolicy,
    st.none() | epsilons,
    st.none() | st.integers(-5, 50),
    st.none() | st.integers(-5, 50),
    st.none() | st.integers(1, 50),
    st.none() | st.integers(1, 50),
)


@given(rules, hub_policies)
def test_the_hub_can_only_make_rules_stricter(own: AnswerRules, hub: HubPolicy) -> None:
    assert own.tightened(hub).at_least_as_strict_as(own)


@given(rules, rules)
def test_a_looser_setting_never_gets_a_stored_answer_and_a_stricter_one_always(
    old: AnswerRules, new: AnswerRules
) -> None:
    drawn = DrawnCounts(Counts(1, 1, 1), old)
    assert (reusable([drawn], new) is drawn) == new.at_least_as_strict_as(old)


def test_the_same_settings_get_their_own_stored_answer_first() -> None:
    loose = DrawnCounts(Counts(1, 1, 1), AnswerRules(minimum_count=0))
    strict = DrawnCounts(Counts(2, 2, 2), AnswerRules(minimum_count=10))
    assert reusable([loose, strict], AnswerRules(minimum_count=10)) is strict


@pytest.mark.parametrize("epsilon", ["0", "-0.1", "0.0000001", "NaN", "Infinity"])
def test_a_privacy_loss_that_no_ledger_can_hold_is_refused_by_name(epsilon: str) -> None:
    with pytest.raises(PolicyError, match="epsilon_per_count"):
        AnswerRules(epsilon_per_count=Decimal(epsilon))


def test_one_organisation_may_spend_at_most_a_quarter_of_the_site() -> None:
    assert ProviderPolicy(site_budget=Decimal(8)).organisation_limit == micro(Decimal(2))
    with pytest.raises(PolicyError, match="organisation_budget"):
        ProviderPolicy(site_budget=Decimal(8), organisation_budget=Decimal("2.1"))


def test_a_budget_too_small_for_one_answer_is_refused() -> None:
    with pytest.raises(PolicyError, match="epsilon_per_count"):
        ProviderPolicy(AnswerRules(epsilon_per_count=Decimal(1)), site_budget=Decimal(8))


def test_an_answer_is_charged_the_sum_of_its_counts() -> None:
    charge = AnswerRules(epsilon_per_count=Decimal("0.1")).answer_charge
    assert as_decimal(charge) == Decimal("0.3") == len(CountUnit) * Decimal("0.1")


def test_budgets_do_not_change_the_settings_version_and_rules_do() -> None:
    assert AnswerRules(rounding=5).version != AnswerRules(rounding=10).version
    assert ProviderPolicy().rules.version == ProviderPolicy(site_budget=Decimal(99)).rules.version
