"""How much may be asked: privacy loss per calendar quarter, for the site and for one organisation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import NewType

from node.domain.epsilon import MicroEpsilon
from node.domain.policy import ProviderPolicy

Organisation = NewType("Organisation", str)
"""Who asks, on the hub's word."""


@dataclass(frozen=True, slots=True)
class Period:
    """A calendar quarter, UTC."""

    year: int
    quarter: int

    @staticmethod
    def at(moment: datetime) -> Period:
        utc = moment.astimezone(UTC)
        return Period(utc.year, (utc.month - 1) // 3 + 1)

    @property
    def renews_at(self) -> datetime:
        """When the next one begins."""
        if self.quarter == 4:
            return datetime(self.year + 1, 1, 1, tzinfo=UTC)
        return datetime(self.year, self.quarter * 3 + 1, 1, tzinfo=UTC)

    def __str__(self) -> str:
        return f"{self.year}Q{self.quarter}"


@dataclass(frozen=True, slots=True)
class Spent:
    """Privacy loss charged so far in a period."""

    site: MicroEpsilon
    organisation: MicroEpsilon


class Exhausted(Enum):
    """Whose budget doesn't allow one more answer."""

    SITE = "site"
    ORGANISATION = "organisation"


def exhausted(policy: ProviderPolicy, charge: MicroEpsilon, spent: Spent) -> Exhausted | None:
    """Whose budget a further charge would overdraw, if any. Looks at nothing else."""
    if spent.organisation + charge > policy.organisation_limit:
        return Exhausted.ORGANISATION
    if spent.site + charge > policy.site_limit:
        return Exhausted.SITE
    return None
