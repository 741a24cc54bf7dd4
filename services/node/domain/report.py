"""What became of each predicate of a question at this node."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from cohort.expression import Predicate


class Handling(Enum):
    APPLIED = "applied"
    APPROXIMATED = "approximated"
    UNSUPPORTED = "unsupported"


@dataclass(frozen=True, slots=True)
class PredicateReport:
    """`mapped_percent`: share of the data set's rows with a value of the variable (of the scarcer one,
    where the predicate compares two), in whole percent, fixed per epoch; never of the queried cohort.
    `reason`: why it is approximated or unsupported."""

    predicate: Predicate
    variable: str
    handling: Handling
    mapped_percent: int
    reason: str = ""
