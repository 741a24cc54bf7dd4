"""What can be searched for, and what is found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from catalogue.domain.names import DataSetName


class Facet(Enum):
    """A field by which data sets can be narrowed down, in the order in which facets are shown."""

    COUNTRY = "country"
    PROVIDER = "provider"
    CANCER_TYPE = "cancer_type"
    MODALITY = "modality"
    BODY_PART = "body_part"


@dataclass(frozen=True, slots=True)
class Search:
    """Words that must all occur, and for each facet the values of which one must match. No values: any."""

    words: str = ""
    narrowed: Mapping[Facet, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Position:
    """A hit's place in the order of hits: by falling score, then by name. Independent of other data sets."""

    score: float
    name: DataSetName


@dataclass(frozen=True, slots=True)
class Found:
    """One page of hits, the number of all, and for each facet how many of all have each value."""

    hits: Sequence[Position]
    more: bool
    total: int
    facets: Mapping[Facet, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class Summary:
    """Sums over active data sets of what their providers publish."""

    data_sets: int
    subjects: int
    studies: int
    series: int
    providers: int
    countries: int
