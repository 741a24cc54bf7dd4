"""What a snapshot knows of itself: its epoch, its size and how well it is mapped. For the provider's eyes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from node.domain.counts import Counts
from node.domain.epoch import VariableCoverage


@dataclass(frozen=True, slots=True)
class UnmappedValue:
    """A local spelling that no value was found for, and in how many rows of the source it stands."""

    value: str
    rows: int


@dataclass(frozen=True, slots=True)
class VariableLint:
    """How one variable was mapped. `conflicting`: studies or subjects whose rows disagree, which makes their
    value unknown. `unmapped`: the most frequent ones; `unmapped_values` counts them all."""

    variable: str
    mapped_rows: int
    conflicting: int
    unmapped_values: int
    unmapped: tuple[UnmappedValue, ...]


@dataclass(frozen=True, slots=True)
class Lint:
    """`rows`: series, and subjects without images. The rest tells of rows that the identifiers leave in
    doubt.

    `skipped_rows`: without collection or subject, or with a series in no study. `shared_studies`: a study
    identifier under more than one subject; each such study counts once. `skipped_files`: not readable as
    DICOM.
    """

    rows: int
    totals: Counts
    skipped_rows: int
    shared_studies: int
    skipped_files: tuple[str, ...]
    variables: tuple[VariableLint, ...]

    def coverage(self, approximations: Mapping[str, str | None]) -> dict[str, VariableCoverage]:
        """The share of rows mapped, rounded down to whole percent so that 100 means all."""
        return {
            v.variable: VariableCoverage(
                v.variable, 100 * v.mapped_rows // max(1, self.rows), approximations.get(v.variable)
            )
            for v in self.variables
        }
