"""The live figures of each country: what is known of providers, data sets and queries, and what is counted."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class Figure(StrEnum):
    """What is counted event by event."""

    QUERIES_ASKED = "queries_asked"
    ANSWERS_GIVEN = "answers_given"


@dataclass(frozen=True, slots=True)
class Place:
    """Where the message stood. Messages of one resource share a partition, so of two the higher offset is newer."""

    partition: int
    offset: int


@dataclass(frozen=True, slots=True)
class ProviderKnown:
    """A provider as it is now. `name` is `providers/{id}`."""

    name: str
    organisation: str
    country: str
    live: bool


@dataclass(frozen=True, slots=True)
class ProviderGone:
    """It is no longer registered."""

    name: str


@dataclass(frozen=True, slots=True)
class DataSetKnown:
    """A data set that is offered, where its data are, and its subjects as the provider publishes them."""

    name: str
    country: str
    subjects: int


@dataclass(frozen=True, slots=True)
class DataSetGone:
    """It is no longer offered."""

    name: str


@dataclass(frozen=True, slots=True)
class Counted:
    """One more of a figure, however often its event is delivered."""

    event_id: UUID
    figure: Figure
    country: str


Effect = ProviderKnown | ProviderGone | DataSetKnown | DataSetGone | Counted


@dataclass(frozen=True, slots=True)
class CountryFigures:
    """One country's figures. `country` is ISO 3166-1 alpha-2."""

    country: str
    providers: int
    live_providers: int
    data_sets: int
    subjects: int
    queries_asked: int
    answers_given: int
