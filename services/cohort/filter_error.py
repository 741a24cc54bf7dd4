"""What is wrong with the text of a filter, shown at its place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from cohort.errors import CohortError

_EXCERPT = 100  # characters of a line shown around the place


class Span(NamedTuple):
    """Characters `start` up to but without `end` of the text, from 0."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong where, what would be right, and, where there is one, the path in the expression."""

    span: Span
    message: str
    hint: str = ""
    path: str | None = None


class FilterError(CohortError):
    """A filter that can't be read, or says what the data model doesn't know. Has at least one problem."""

    def __init__(self, text: str, problems: tuple[Problem, ...]) -> None:
        self.text = text
        self.problems = problems
        super().__init__("\n".join(_shown(text, problem) for problem in problems))


def position(text: str, offset: int) -> tuple[int, int]:
    """Line and column of a character, both from 1."""
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


def _shown(text: str, problem: Problem) -> str:
    line, column = position(text, problem.span.start)
    hint = f"; {problem.hint}" if problem.hint else ""
    return f"line {line}, column {column}: {problem.message}{hint}\n{_excerpt(text, problem.span)}"


def _excerpt(text: str, span: Span) -> str:
    start = text.rfind("\n", 0, span.start) + 1
    end = text.find("\n", span.start)
    end = len(text) if end < 0 else end
    left = max(start, span.start - _EXCERPT // 2)
    right = min(end, left + _EXCERPT)
    before, after = ("…" if left > start else ""), ("…" if right < end else "")
    # One column a character, whatever it is: tabs and control characters would move the caret.
    part = "".join(character if character.isprintable() else " " for character in text[left:right])
    width = max(1, min(span.end, right) - span.start)
    return f"  {before}{part}{after}\n  {' ' * (len(before) + span.start - left)}{'^' * width}"
