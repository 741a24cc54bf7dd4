"""Who may see what of a trace."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from insights.domain.span import Span


@dataclass(frozen=True, slots=True)
class Reader:
    """What counts of a caller: whether everything is theirs to see, the handles they have acted under, and the
    providers (`providers/{id}`) that they are a steward of."""

    sees_all: bool
    actors: frozenset[str]
    providers: frozenset[str]


def visible(spans: Sequence[Span], reader: Reader) -> tuple[Span, ...]:
    """The part of one trace that the reader may see: all of it, or a provider's own spans, or nothing."""
    if reader.sees_all or any(span.owner in reader.actors for span in spans if span.owner):
        return tuple(spans)
    return tuple(span for span in spans if span.provider in reader.providers)
