"""Leave people who withdrew or opted out out of every evaluation, at once."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol

from kit.clock import Clock
from node.application.ports import Acts
from node.domain.withdrawal import LocalSubject


class WithdrawalList(Protocol):
    def add(self, people: Iterable[LocalSubject], at: datetime) -> int: ...


class Withdraw:
    """Stored answers stay as they were drawn; every evaluation after this leaves the people out."""

    def __init__(self, withdrawals: WithdrawalList, acts: Acts, clock: Clock) -> None:
        self._withdrawals = withdrawals
        self._acts = acts
        self._clock = clock

    def __call__(self, people: Iterable[LocalSubject]) -> int:
        """How many had not withdrawn before. On disk when it returns."""
        self._acts.withdrawn()
        return self._withdrawals.add(people, self._clock.now())
