"""When the ledger of privacy loss can be trusted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NewType

LedgerId = NewType("LedgerId", str)


@dataclass(frozen=True, slots=True)
class LedgerMark:
    """Which ledger it is and how many charges it holds. One copy is kept outside of the ledger's file, one at the hub.

    `replaces`: ledgers of this node that its provider decided to go on without.
    """

    ledger: LedgerId
    charges: int
    replaces: frozenset[LedgerId] = frozenset()


def distrust(found: LedgerMark | None, remembered: LedgerMark | None, has_epoch: bool) -> str | None:
    """Why the ledger on disk can't be trusted, or None when it can.

    `found`: what the ledger says of itself, None when there is none. `remembered`: the mark outside of it.
    A charge is written to the ledger first and to the mark second, so a true ledger is never behind its
    mark.
    """
    if found is None:
        return "it is missing or empty" if remembered is not None or has_epoch else None
    if remembered is None:
        return "the mark that vouches for it is missing" if has_epoch or found.charges else None
    if found.ledger != remembered.ledger:
        return "it is not the ledger that this node used last"
    if found.charges < remembered.charges:
        return f"it is an older copy: it holds {found.charges} charges and the node has made {remembered.charges}"
    return None
