"""The numbers that a producer gave its events: from 1 on, without a gap, in any order of arrival."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

FIRST = 1


@dataclass(frozen=True, slots=True, order=True)
class Run:
    """The numbers from `start` to `end`, both among them."""

    start: int
    end: int

    def __len__(self) -> int:
        return self.end - self.start + 1


@dataclass(frozen=True, slots=True)
class Numbers:
    """Numbers that were seen, as runs in order that don't touch."""

    runs: tuple[Run, ...] = ()

    def with_also(self, numbers: Iterable[int]) -> Numbers:
        """These and more. A number seen again changes nothing."""
        merged: list[Run] = []
        for run in sorted([*self.runs, *_runs(sorted(set(numbers)))], key=lambda one: one.start):
            if merged and run.start <= merged[-1].end + 1:
                merged[-1] = Run(merged[-1].start, max(merged[-1].end, run.end))
            else:
                merged.append(run)
        return Numbers(tuple(merged))

    def repeated(self, numbers: Sequence[int]) -> tuple[int, ...]:
        """Which of these were seen before, or stand twice among them, each once and in order."""
        again = {number for number, times in Counter(numbers).items() if times > 1}
        again.update(number for number in numbers if self._has(number))
        return tuple(sorted(again))

    def _has(self, number: int) -> bool:
        at = bisect_right(self.runs, number, key=lambda run: run.start)
        return at > 0 and number <= self.runs[at - 1].end

    def gaps(self) -> tuple[Run, ...]:
        """What is missing below the highest number seen."""
        expected = FIRST
        missing: list[Run] = []
        for run in self.runs:
            if run.start > expected:
                missing.append(Run(expected, run.start - 1))
            expected = max(expected, run.end + 1)
        return tuple(missing)


def _runs(numbers: list[int]) -> list[Run]:
    """Sorted numbers, as runs."""
    starts = [n for before, n in zip([None, *numbers], numbers, strict=False) if before is None or n != before + 1]
    ends = [n for n, after in zip(numbers, [*numbers[1:], None], strict=False) if after is None or after != n + 1]
    return [Run(start, end) for start, end in zip(starts, ends, strict=True)]
