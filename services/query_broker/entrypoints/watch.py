"""Who watches a query is woken whenever it changes, in whichever replica the change was made."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager


class Watchers:
    def __init__(self) -> None:
        self._waiting: dict[str, set[asyncio.Event]] = defaultdict(set)

    def wake(self, query_id: str) -> None:
        """Wakes the query's watchers; all of them on an empty id, as something may have been missed."""
        for waiting in [self._waiting.get(query_id, set())] if query_id else list(self._waiting.values()):
            for event in waiting:
                event.set()

    @contextmanager
    def watching(self, query_id: str) -> Iterator[asyncio.Event]:
        """An event that is set at each change while the block runs."""
        event = asyncio.Event()
        self._waiting[query_id].add(event)
        try:
            yield event
        finally:
            self._waiting[query_id].discard(event)
            if not self._waiting[query_id]:
                del self._waiting[query_id]
