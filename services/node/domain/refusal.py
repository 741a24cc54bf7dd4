"""Why a node declines. A refusal depends only on the query's text, the settings and the ledgers, never on
the data.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from node.domain.budget import Exhausted, Period


class RefusalReason(Enum):
    """Stable codes; part of the API."""

    INVALID_QUERY = "INVALID_QUERY"
    INVALID_POLICY = "INVALID_POLICY"
    DEADLINE_PASSED = "DEADLINE_PASSED"
    NO_DATA_INDEXED = "NO_DATA_INDEXED"
    SITE_BUDGET_EXHAUSTED = "SITE_BUDGET_EXHAUSTED"
    ORGANISATION_BUDGET_EXHAUSTED = "ORGANISATION_BUDGET_EXHAUSTED"
    LEDGER_UNAVAILABLE = "LEDGER_UNAVAILABLE"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A reason and a sentence for the asker. `renews_at`: when asking again can help, where that is known."""

    reason: RefusalReason
    sentence: str
    renews_at: datetime | None = None


def budget_refusal(whose: Exhausted, period: Period) -> Refusal:
    """The refusal of a question that would overdraw a budget; names no amounts, which are the provider's."""
    renews = f"It renews on {period.renews_at:%Y-%m-%d} (UTC)."
    stored = "Questions that were answered before are still answered."
    match whose:
        case Exhausted.SITE:
            return Refusal(
                RefusalReason.SITE_BUDGET_EXHAUSTED,
                f"The provider's privacy budget for {period} is spent. {renews} {stored}",
                period.renews_at,
            )
        case Exhausted.ORGANISATION:
            return Refusal(
                RefusalReason.ORGANISATION_BUDGET_EXHAUSTED,
                f"Your organisation's privacy budget at this provider for {period} is spent. {renews} {stored}",
                period.renews_at,
            )
