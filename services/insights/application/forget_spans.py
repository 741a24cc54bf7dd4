"""Deleting spans whose time is over."""

from __future__ import annotations

from datetime import timedelta

from insights.application.ports import SpanStore
from kit.clock import Clock


class ForgetSpans:
    """Spans are kept for `days` after they were received."""

    def __init__(self, store: SpanStore, clock: Clock, days: int) -> None:
        self._store = store
        self._clock = clock
        self._days = timedelta(days=days)

    async def __call__(self) -> int:
        """Returns how many were deleted."""
        return await self._store.forget_before(self._clock.now() - self._days)
