"""How what an event tells of ended: the extension attribute `outcome`."""

from __future__ import annotations

from enum import StrEnum


class Outcome(StrEnum):
    """Done is not said on the wire: most is done, and an event without the attribute is."""

    DONE = "done"
    REFUSED = "refused"
    """Somebody decided against it, by a rule."""
    FAILED = "failed"
    """It was tried, or waited for, and did not come about."""
