"""Who watches a query is told of every change, in whichever replica the change was made."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

from query_broker.domain.query import CohortQuery, QueryState

# Whoever asks a query watches it at once.
KEPT = 64


class Watch:
    """One who watches. `known`: the query as it was when the watch began, if this process knows it."""

    def __init__(self, known: CohortQuery | None) -> None:
        self.known = known
        self._changed = asyncio.Event()
        self._newest: CohortQuery | None = None

    def change(self, newest: CohortQuery | None) -> None:
        """`newest`: None if it has to be read."""
        self._newest = newest
        self._changed.set()

    def reading(self) -> None:
        """The query is about to be read: what was told before is known then."""
        self._changed.clear()

    def was_read(self) -> None:
        """What was told while the query was being read may be older than what was read, so it is read once more."""
        self._newest = None

    async def next(self, seconds: float) -> CohortQuery | None:
        """The query as it was changed; None if it has to be read, because another process changed it or nothing was
        told for that long."""
        try:
            await asyncio.wait_for(self._changed.wait(), seconds)
        except TimeoutError:
            return None
        self._changed.clear()
        return self._newest


class Watchers:
    """All who watch in this process, and the running queries that it made or changed last."""

    def __init__(self) -> None:
        self._watching: dict[str, set[Watch]] = defaultdict(set)
        self._known: OrderedDict[str, CohortQuery] = OrderedDict()

    def tell(self, query: CohortQuery) -> None:
        """This process has committed a change: whoever watches the query need not read it."""
        self._known.pop(query.id, None)
        if query.state is QueryState.RUNNING:
            self._known[query.id] = query
            if len(self._known) > KEPT:
                self._known.popitem(last=False)
        for watch in self._watching.get(query.id, ()):
            watch.change(query)

    def wake(self, query_id: str) -> None:
        """Another process has changed the query; on an empty id, something may have been missed of any."""
        if query_id:
            self._known.pop(query_id, None)
        else:
            self._known.clear()
        for watching in [self._watching.get(query_id, set())] if query_id else list(self._watching.values()):
            for watch in watching:
                watch.change(None)

    @contextmanager
    def watching(self, query_id: str) -> Iterator[Watch]:
        """A watch that is told of each change while the block runs."""
        watch = Watch(self._known.get(query_id))
        self._watching[query_id].add(watch)
        try:
            yield watch
        finally:
            self._watching[query_id].discard(watch)
            if not self._watching[query_id]:
                del self._watching[query_id]
