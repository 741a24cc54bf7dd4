"""The rules that shape an answer: noise, caps, minimum count, rounding."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import NewType, TypeVar

from node.domain.counts import ContributionLimit, CountUnit
from node.domain.epsilon import MicroEpsilon, micro
from node.domain.errors import PolicyError

T = TypeVar("T", int, Decimal)

SettingsVersion = NewType("SettingsVersion", str)
"""Digest of the rules. Budgets are not part of it: they say whether there is an answer, not how it looks."""


@dataclass(frozen=True, slots=True)
class HubPolicy:
    """Rules that the hub asks for on top. They can only tighten; None leaves the provider's own."""

    epsilon_per_count: Decimal | None = None
    minimum_count: int | None = None
    rounding: int | None = None
    max_studies: int | None = None
    max_series: int | None = None


@dataclass(frozen=True, slots=True)
class AnswerRules:
    """`epsilon_per_count`: privacy loss of each released count. `minimum_count`: a noisy count below it is
    suppressed. `rounding`: noisy counts are multiples of it. `max_studies`, `max_series`: the most that one
    subject adds to a count. Raises PolicyError naming the field.
    """

    epsilon_per_count: Decimal = Decimal("0.1")
    minimum_count: int = 10
    rounding: int = 5
    max_studies: int = 3
    max_series: int = 20

    def __post_init__(self) -> None:
        check_epsilon("epsilon_per_count", self.epsilon_per_count)
        check_at_least("minimum_count", self.minimum_count, 0)
        check_at_least("rounding", self.rounding, 1)
        check_at_least("max_studies", self.max_studies, 1)
        check_at_least("max_series", self.max_series, 1)

    @property
    def answer_charge(self) -> MicroEpsilon:
        """ε of one answer: the sum over its counts."""
        return MicroEpsilon(len(CountUnit) * micro(self.epsilon_per_count))

    @property
    def contribution_limit(self) -> ContributionLimit:
        return ContributionLimit(studies=self.max_studies, series=self.max_series)

    @property
    def version(self) -> SettingsVersion:
        rules = (
            micro(self.epsilon_per_count),
            self.minimum_count,
            self.rounding,
            self.max_studies,
            self.max_series,
        )
        return SettingsVersion(hashlib.sha256(repr(rules).encode()).hexdigest()[:16])

    def sensitivity(self, unit: CountUnit) -> int:
        """The most that one subject may add to a count of that unit (Δ)."""
        match unit:
            case CountUnit.SUBJECTS:
                return 1
            case CountUnit.STUDIES:
                return self.max_studies
            case CountUnit.SERIES:
                return self.max_series

    def tightened(self, hub: HubPolicy | None) -> AnswerRules:
        """These rules with the hub's on top: of each the stricter. Raises PolicyError on one out of range."""
        if hub is None:
            return self
        return AnswerRules(
            epsilon_per_count=_stricter(min, self.epsilon_per_count, hub.epsilon_per_count),
            minimum_count=_stricter(max, self.minimum_count, hub.minimum_count),
            rounding=_stricter(max, self.rounding, hub.rounding),
            max_studies=_stricter(min, self.max_studies, hub.max_studies),
            max_series=_stricter(min, self.max_series, hub.max_series),
        )

    def at_least_as_strict_as(self, other: AnswerRules) -> bool:
        """No rule is looser than in the other."""
        return (
            self.epsilon_per_count <= other.epsilon_per_count
            and self.minimum_count >= other.minimum_count
            and self.rounding >= other.rounding
            and self.max_studies <= other.max_studies
            and self.max_series <= other.max_series
        )


def check_epsilon(name: str, value: Decimal) -> None:
    """Raises PolicyError when the value of the setting `name` can't be a privacy loss."""
    try:
        micro(value)
    except ValueError as error:
        raise PolicyError(f"{name}: {error}") from None


def check_at_least(name: str, value: int, least: int) -> None:
    """Raises PolicyError when the value of the setting `name` is too small."""
    if value < least:
        raise PolicyError(f"{name} is {value}; it must be at least {least}")


def _stricter(choose: Callable[[T, T], T], own: T, hub: T | None) -> T:
    return own if hub is None else choose(own, hub)
