"""Expressions that know where in the text they stand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cohort.expression import Expression
from cohort.filter_error import Span
from cohort.walk import ROOT, children


@dataclass(frozen=True, slots=True)
class Located:
    """`operands` are the located parts in the order of children(); `fields` are the spans of the rest, by the end
    of their path, such as `.value` or `.values[3]`."""

    expression: Expression
    span: Span
    fields: Mapping[str, Span] = field(default_factory=dict)
    operands: tuple[Located, ...] = ()

    def spans(self) -> dict[str, Span]:
        """Where each path of the expression stands."""
        found: dict[str, Span] = {}
        waiting = [(ROOT, self)]
        while waiting:
            path, node = waiting.pop()
            found[path] = node.span
            found.update((path + end, span) for end, span in node.fields.items())
            ends = (end for end, _ in children(node.expression))
            waiting.extend((path + end, operand) for end, operand in zip(ends, node.operands, strict=True))
        return found
