"""Which parts of a question this node can evaluate, judged by its mapping alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from cohort.expression import (
    And,
    Between,
    Comparison,
    Expression,
    In,
    Not,
    Or,
    Predicate,
    Scoped,
    Under,
    WithinDays,
)
from cohort.walk import walk
from node.domain.epoch import VariableCoverage
from node.domain.report import Handling, PredicateReport


@dataclass(frozen=True, slots=True)
class Plan:
    """One report for each distinct predicate, in the order of the question."""

    reports: tuple[PredicateReport, ...]

    @property
    def countable(self) -> bool:
        """A count is given only when every predicate can be evaluated; none is ever dropped."""
        return all(report.handling is not Handling.UNSUPPORTED for report in self.reports)


def plan(expression: Expression, coverage: Mapping[str, VariableCoverage]) -> Plan:
    """How this node would deal with each predicate of the expression."""
    distinct = dict.fromkeys(predicates(expression))
    return Plan(tuple(_report(predicate, coverage) for predicate in distinct))


def predicates(expression: Expression) -> Iterator[Predicate]:
    """All predicates of an expression, left to right."""
    for part in walk(expression):
        match part.expression:
            case And() | Or() | Not() | Scoped():
                pass
            case Comparison() | In() | Between() | Under() | WithinDays() as predicate:
                yield predicate


def variables(predicate: Predicate) -> tuple[str, ...]:
    """The variables that a predicate reads."""
    match predicate:
        case WithinDays(variable, other, _):
            return (variable, other)
        case Comparison() | In() | Between() | Under():
            return (predicate.variable,)


def _report(predicate: Predicate, coverage: Mapping[str, VariableCoverage]) -> PredicateReport:
    names = variables(predicate)
    covered = [coverage[name] for name in names if name in coverage]
    lacking = [
        *(f"this provider's data have no {name}" for name in names if name not in coverage),
        *(f"fewer than 1 in 100 rows have a {c.variable}" for c in covered if c.mapped_percent == 0),
    ]
    if lacking:
        return PredicateReport(predicate, names[0], Handling.UNSUPPORTED, 0, "; ".join(lacking))
    percent = min(c.mapped_percent for c in covered)
    approximations = [f"{c.variable}: {c.approximation}" for c in covered if c.approximation is not None]
    if approximations:
        return PredicateReport(predicate, names[0], Handling.APPROXIMATED, percent, "; ".join(approximations))
    return PredicateReport(predicate, names[0], Handling.APPLIED, percent)
