"""What disclosure control does to a noisy count, and the error to expect of it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal

from node.domain.counts import Counts, CountUnit
from node.domain.rules import AnswerRules


@dataclass(frozen=True, slots=True)
class Protection:
    """What was done to one count.

    `noise_scale` is sensitivity / ε of the discrete Laplace noise. `error_95`: in 95 of 100 draws the shown
    value lies at most this far from the capped count, noise and rounding together.
    """

    epsilon: Decimal
    sensitivity: int
    noise_scale: float
    minimum_count: int
    rounding: int
    error_95: int


@dataclass(frozen=True, slots=True)
class ProtectedCount:
    """A count as it may leave the node. `value` is None when it was suppressed."""

    unit: CountUnit
    value: int | None
    protection: Protection


@dataclass(frozen=True, slots=True)
class DrawnCounts:
    """Noisy counts as drawn and stored, and the rules that they were drawn under. Not yet fit to be shown."""

    noisy: Counts
    rules: AnswerRules


def noise_scale(rules: AnswerRules, unit: CountUnit) -> float:
    """Scale Δ/ε of the discrete Laplace noise of a count."""
    return rules.sensitivity(unit) / float(rules.epsilon_per_count)


def noise_error_95(scale: float) -> int:
    """The smallest k with P(|X| <= k) >= 0.95 for discrete Laplace noise X of that scale.

    With p = exp(-1/scale), P(|X| > k) = 2 p^(k+1) / (1 + p).
    """
    p = math.exp(-1 / scale)
    if p == 0:
        return 0
    return max(0, math.ceil(math.log(0.05 * (1 + p) / 2) / math.log(p)) - 1)


def protect(drawn: DrawnCounts, rules: AnswerRules) -> tuple[ProtectedCount, ...]:
    """The counts as shown under `rules`, which are at least as strict as those they were drawn under.

    Minimum count and rounding see only the noisy value, so they reveal nothing more. A smaller ε or cap can't
    be applied to what was drawn and paid for; the protection states those that it was drawn with. When
    subjects are suppressed, so are studies and series: the minimum is about people.
    """
    subjects = _shown(drawn.noisy.subjects, rules)
    return tuple(
        ProtectedCount(
            unit=unit,
            value=None if subjects is None else _shown(drawn.noisy.of(unit), rules),
            protection=_protection(unit, drawn.rules, rules),
        )
        for unit in CountUnit
    )


def _shown(noisy: int, rules: AnswerRules) -> int | None:
    rounded = max(0, (noisy + rules.rounding // 2) // rules.rounding * rules.rounding)
    return rounded if max(0, min(noisy, rounded)) >= rules.minimum_count else None


def _protection(unit: CountUnit, drawn_under: AnswerRules, shown_under: AnswerRules) -> Protection:
    scale = noise_scale(drawn_under, unit)
    return Protection(
        epsilon=drawn_under.epsilon_per_count,
        sensitivity=drawn_under.sensitivity(unit),
        noise_scale=scale,
        minimum_count=shown_under.minimum_count,
        rounding=shown_under.rounding,
        error_95=noise_error_95(scale) + shown_under.rounding // 2,
    )
