"""A provider's own settings of disclosure."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from node.domain.epsilon import MicroEpsilon, micro
from node.domain.errors import PolicyError
from node.domain.rules import AnswerRules, check_at_least, check_epsilon

ORGANISATION_SHARE = 4
"""One organisation may spend at most a quarter of what the site spends in a period."""


@dataclass(frozen=True, slots=True)
class ProviderPolicy:
    """How counts are protected, and how much may be asked in a calendar quarter.

    `site_budget`, `organisation_budget`: ε per quarter over all askers, and for one (by default a quarter of
    the site's, which is also the most). `epoch_threshold`: subjects that must have changed before a new
    snapshot of the data is opened to questions. `published_totals_rounded_to`: totals in the public catalogue are
    multiples of this. Raises PolicyError naming the field.
    """

    rules: AnswerRules = field(default_factory=AnswerRules)
    site_budget: Decimal = Decimal(24)
    organisation_budget: Decimal | None = None
    epoch_threshold: int = 10
    published_totals_rounded_to: int = 10

    def __post_init__(self) -> None:
        check_epsilon("site_budget", self.site_budget)
        if self.organisation_budget is not None:
            check_epsilon("organisation_budget", self.organisation_budget)
        check_at_least("epoch_threshold", self.epoch_threshold, 1)
        check_at_least("published_totals_rounded_to", self.published_totals_rounded_to, 1)
        if self.organisation_limit * ORGANISATION_SHARE > self.site_limit:
            raise PolicyError(
                f"organisation_budget is {self.organisation_budget}, more than a quarter of site_budget"
                f" ({self.site_budget}); lower it or leave it out"
            )
        if self.rules.answer_charge > self.organisation_limit:
            raise PolicyError(
                "epsilon_per_count: one answer has three counts and costs three times"
                f" {self.rules.epsilon_per_count}, more than one organisation may spend in a quarter; lower it"
                " or raise site_budget"
            )

    @property
    def site_limit(self) -> MicroEpsilon:
        return micro(self.site_budget)

    @property
    def organisation_limit(self) -> MicroEpsilon:
        if self.organisation_budget is None:
            return MicroEpsilon(self.site_limit // ORGANISATION_SHARE)
        return micro(self.organisation_budget)
