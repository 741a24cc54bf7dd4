"""What the use cases need of the world."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from insights.domain.figures import CountryFigures, Effect, Place
from insights.domain.span import Span, TraceId
from kit.database.engine import Single


class SpanStore(Protocol):
    """Keeps spans. One that is there already stays as it is."""

    async def add(self, spans: Sequence[Span]) -> None: ...

    async def trace(self, trace_id: TraceId) -> tuple[Span, ...]:
        """In the order of their start."""
        ...

    async def forget_before(self, time: datetime) -> int:
        """Deletes what was received before; returns how many spans."""
        ...


class ProviderDirectory(Protocol):
    """Which provider belongs to whom."""

    async def of_organisation(self, organisation: str) -> frozenset[str]:
        """The names of its providers."""
        ...


class Statistics(Protocol):
    """The figures as they are now."""

    async def by_country(self) -> tuple[CountryFigures, ...]:
        """In the order of the country's code."""
        ...


class ActorHandles(Protocol):
    """Computes under which handle a subject acted in a year. Raises FailedPrecondition if the year's key is gone."""

    def actor(self, subject: str, at: datetime) -> str: ...


class Projection(Protocol):
    """Brings the read models up to date, each effect by one statement. The same effect twice changes nothing more, an
    older one nothing at all."""

    async def apply(self, single: Single, effect: Effect, place: Place) -> None: ...
