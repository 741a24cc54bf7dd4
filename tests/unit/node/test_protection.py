"""What is done to a noisy count, and the noise itself."""

from __future__ import annotations

import math
from collections import Counter
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.adapters.opendp_noise import OpenDpNoise
from node.domain.counts import Counts, CountUnit
from node.domain.protection import DrawnCounts, noise_error_95, noise_scale, protect
from node.domain.rules import AnswerRules

counts = st.builds(Counts, *[st.integers(-100, 10**6)] * 3)


def discrete_laplace(k: int, scale: float) -> float:
    """P(X = k), from its definition."""
    p = math.exp(-1 / scale)
    return (1 - p) / (1 + p) * p ** abs(k)


@given(counts, st.integers(0, 50), st.integers(1, 50))
def test_a_shown_count_is_a_multiple_of_the_rounding_near_the_noisy_one_and_not_below_the_minimum(
    noisy: Counts, minimum: int, rounding: int
) -> None:
    rules = AnswerRules(minimum_count=minimum, rounding=rounding)
    for count in protect(DrawnCounts(noisy, rules), rules):
        if count.value is not None:
            assert count.value % rounding == 0
            assert count.value >= minimum
            assert abs(count.value - max(0, noisy.of(count.unit))) <= rounding / 2


def test_a_count_below_the_minimum_is_suppressed_and_with_few_subjects_everything_is() -> None:
    rules = AnswerRules(minimum_count=10, rounding=1)
    few_studies = protect(DrawnCounts(Counts(50, 9, 50), rules), rules)
    assert [count.value for count in few_studies] == [50, None, 50]
    few_subjects = protect(DrawnCounts(Counts(9, 50, 500), rules), rules)
    assert [count.value for count in few_subjects] == [None, None, None]


def test_a_stricter_setting_is_applied_to_the_stored_value_and_the_noise_stated_is_that_it_has() -> None:
    drawn = DrawnCounts(Counts(14, 14, 14), AnswerRules(Decimal(1), 0, 1, 2, 5))
    shown = protect(drawn, AnswerRules(Decimal("0.5"), 10, 10, 1, 1))
    assert [count.value for count in shown] == [10, 10, 10]
    assert [count.protection.noise_scale for count in shown] == [1, 2, 5]


def test_noise_is_scaled_to_what_one_subject_can_add() -> None:
    rules = AnswerRules(epsilon_per_count=Decimal("0.5"), max_studies=3, max_series=20)
    assert [noise_scale(rules, unit) for unit in CountUnit] == [2, 6, 40]


@given(st.floats(0.02, 500))
def test_the_stated_error_holds_95_of_100_draws_and_no_smaller_one_does(scale: float) -> None:
    k = noise_error_95(scale)
    p = math.exp(-1 / scale)
    within = 1 - 2 * p ** (k + 1) / (1 + p)
    assert within >= 0.95 - 1e-9
    assert k == 0 or 1 - 2 * p**k / (1 + p) < 0.95 + 1e-9


@pytest.mark.parametrize("scale", [0.5, 2.0, 10.0])
def test_the_noise_follows_the_discrete_laplace_distribution(scale: float) -> None:
    """Chi-square of 8,000 draws, tails of an expected count below 10 pooled; wrong by chance once in 10^6."""
    draws, noise = 8_000, OpenDpNoise()
    edge = max(k for k in range(200) if draws * discrete_laplace(k, scale) >= 10)
    seen = Counter(max(-edge, min(edge, noise.add(0, scale))) for _ in range(draws))
    inner = {k: draws * discrete_laplace(k, scale) for k in range(-edge + 1, edge)}
    tail = (draws - sum(inner.values())) / 2
    expected = {**inner, -edge: tail, edge: tail}
    statistic = sum((seen[k] - e) ** 2 / e for k, e in expected.items())
    # Wilson and Hilferty's approximation of the quantile at 1 - 10^-6, whose normal quantile is 4.753.
    freedom = len(expected) - 1
    quantile = freedom * (1 - 2 / (9 * freedom) + 4.753 * math.sqrt(2 / (9 * freedom))) ** 3
    assert statistic < quantile
