"""Watches the producers' numbers: one that stays missing means an event that never came."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from audit_log.application.ports import NumbersSeen
from audit_log.domain.entry import EntryIndex
from kit.clock import Clock
from tlog.numbers import Numbers, Run

_AT_ONCE = 20_000


@dataclass(frozen=True, slots=True)
class Gap:
    """Numbers of a producer that are missing."""

    producer: str
    missing: Run


@dataclass(slots=True)
class WatchGaps:
    """Partitions arrive in any order, so a gap counts only once it was open for `patience`."""

    seen: NumbersSeen
    clock: Clock
    patience: timedelta
    tell: Callable[[Gap], None]
    _following: EntryIndex | None = None
    _numbers: dict[str, Numbers] = field(default_factory=dict)
    _since: dict[Gap, datetime] = field(default_factory=dict)
    _told: set[Gap] = field(default_factory=set)

    async def __call__(self) -> int:
        """Looks at the new entries, tells each overdue gap once, and returns how many numbers are overdue."""
        if self._following is None:
            self._following, self._numbers = await self.seen.load()
        await self._look(self._following)
        now = self.clock.now()
        open_gaps = {Gap(producer, run) for producer, n in self._numbers.items() for run in n.gaps()}
        self._since = {gap: self._since.get(gap, now) for gap in open_gaps}
        overdue = {gap for gap, since in self._since.items() if now - since >= self.patience}
        for gap in sorted(overdue - self._told, key=lambda one: (one.producer, one.missing)):
            self.tell(gap)
        self._told = overdue
        return sum(len(gap.missing) for gap in overdue)

    async def _look(self, following: EntryIndex) -> None:
        while True:
            end, fresh = await self.seen.numbers(following, _AT_ONCE)
            if end == following:
                break
            changed = {p: self._numbers.get(p, Numbers()).with_also(numbers) for p, numbers in fresh.items()}
            await self.seen.save(end, changed)
            self._numbers.update(changed)
            self._following = following = end
