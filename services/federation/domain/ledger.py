"""How far a provider's ledger of privacy loss ever was, so that a copy put back is noticed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LedgerMark:
    """Which ledger, and how many charges it holds. `replaces`: those that the provider decided to go on without."""

    ledger: str
    charges: int
    replaces: frozenset[str] = frozenset()

    def follows(self, known: LedgerMark | None) -> bool:
        """Whether it goes on from what is known: nothing, the same ledger further on, or one that it replaces."""
        if known is None or known.ledger in self.replaces:
            return True
        return self.ledger == known.ledger and self.charges > known.charges
