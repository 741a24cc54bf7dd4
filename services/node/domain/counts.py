"""What is counted, before protection. True counts never leave the node."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class CountUnit(Enum):
    SUBJECTS = "subjects"
    STUDIES = "studies"
    SERIES = "series"


@dataclass(frozen=True, slots=True)
class Counts:
    """One number for each unit; studies and series are clipped per subject where they are to be protected."""

    subjects: int
    studies: int
    series: int

    def of(self, unit: CountUnit) -> int:
        match unit:
            case CountUnit.SUBJECTS:
                return self.subjects
            case CountUnit.STUDIES:
                return self.studies
            case CountUnit.SERIES:
                return self.series


@dataclass(frozen=True, slots=True)
class ContributionLimit:
    """The most studies and series that one subject may add to a count."""

    studies: int
    series: int
