"""An answer's report as JSON for its column, and back."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from query_broker.domain.answer import AnswerState, CountUnit, Handling, PredicateReport, ProtectedCount, Report


def to_json(report: Report) -> dict[str, Any]:
    content = asdict(report)
    content["state"] = report.state.value
    for count in content["counts"]:
        count["unit"] = count["unit"].value
    for predicate in content["predicates"]:
        predicate["handling"] = predicate["handling"].value
    return content


def from_json(content: dict[str, Any]) -> Report:
    return Report(
        state=AnswerState(content["state"]),
        reason=content["reason"],
        message=content["message"],
        counts=tuple(ProtectedCount(**{**count, "unit": CountUnit(count["unit"])}) for count in content["counts"]),
        predicates=tuple(
            PredicateReport(**{**predicate, "handling": Handling(predicate["handling"])})
            for predicate in content["predicates"]
        ),
        epoch=content["epoch"],
        stored=content["stored"],
    )
