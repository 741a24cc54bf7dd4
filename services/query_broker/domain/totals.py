"""Sums over providers: only of what may be added, and saying what was left out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from query_broker.domain.answer import AnswerState, CountUnit, Handling, ProviderAnswer


@dataclass(frozen=True, slots=True)
class Total:
    """`error_95` is the root of the summed squares of the parts' errors, as their noises are independent."""

    unit: CountUnit
    value: int
    providers: int
    error_95: int


@dataclass(frozen=True, slots=True)
class Totals:
    totals: tuple[Total, ...]
    left_out: tuple[str, ...]


def totals(answers: Sequence[ProviderAnswer]) -> Totals:
    """One total for each unit, and a sentence for each answer that is not, or not wholly, in them."""
    return Totals(
        totals=tuple(_total(unit, answers) for unit in CountUnit),
        left_out=tuple(sentence for answer in answers if (sentence := _left_out(answer))),
    )


def _total(unit: CountUnit, answers: Sequence[ProviderAnswer]) -> Total:
    added = [
        count
        for answer in answers
        if answer.may_be_added
        for count in answer.report.counts
        if count.unit is unit and count.value is not None
    ]
    return Total(
        unit=unit,
        value=sum(count.value or 0 for count in added),
        providers=len(added),
        error_95=math.ceil(math.sqrt(sum(count.error_95**2 for count in added))),
    )


def _left_out(answer: ProviderAnswer) -> str:
    who, report = answer.display_name, answer.report
    match answer.state:
        case AnswerState.ANSWERED:
            return _why_not_added(answer)
        case AnswerState.PENDING | AnswerState.DELIVERED:
            return f"{who}: no answer yet"
        case AnswerState.TIMED_OUT:
            return f"{who}: no answer before the deadline"
        case AnswerState.REFUSED:
            return f"{who}: refused, {report.message or report.reason}"
        case AnswerState.FAILED:
            return f"{who}: failed, {report.message or report.reason}"
        case AnswerState.CANCELLED:
            return f"{who}: cancelled before it answered"


def _why_not_added(answer: ProviderAnswer) -> str:
    who = answer.display_name
    unsupported = [p.predicate for p in answer.report.predicates if p.handling is Handling.UNSUPPORTED]
    if unsupported:
        return f"{who}: can't evaluate {' and '.join(unsupported)}"
    suppressed = [count.unit.value.lower() for count in answer.report.counts if count.value is None]
    if suppressed:
        return f"{who}: {', '.join(suppressed)} suppressed, below the provider's minimum count"
    return "" if answer.report.counts else f"{who}: answered without counts"
