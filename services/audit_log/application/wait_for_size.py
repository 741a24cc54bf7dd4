"""Waits until the signed, or the cosigned, log has grown to some size."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field
from typing import Protocol

from audit_log.domain.published import Published
from kit.errors import InvalidInput, Unavailable

LONGEST_SECONDS = 60.0
# A wake-up may be missed, so a waiter also looks by itself.
_LOOK_SECONDS = 1.0


class NewestCheckpoint(Protocol):
    """Any source of checkpoints that only grow."""

    async def newest(self) -> Published | None: ...


@dataclass(slots=True)
class WaitForSize:
    """Raises Unavailable after a minute. `what` says in its message which checkpoints these are."""

    checkpoints: NewestCheckpoint
    what: str = "signed"
    _grown: asyncio.Event = field(default_factory=asyncio.Event)

    def wake(self) -> None:
        """To be called when a checkpoint was published."""
        self._grown.set()
        self._grown = asyncio.Event()

    async def __call__(self, at_least: int) -> Published:
        """The newest checkpoint, once it has at least that many entries."""
        if at_least < 0:
            raise InvalidInput.of("at_least_size", "must not be negative")
        deadline = asyncio.get_running_loop().time() + LONGEST_SECONDS
        while True:
            grown = self._grown
            published = await self.checkpoints.newest()
            if published is not None and published.size >= at_least:
                return published
            if asyncio.get_running_loop().time() > deadline:
                size = published.size if published is not None else 0
                raise Unavailable("NOT_YET", f"the log has {size} {self.what} entries, not yet {at_least}; ask again")
            await _first(grown)


async def _first(grown: asyncio.Event) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(grown.wait(), _LOOK_SECONDS)
