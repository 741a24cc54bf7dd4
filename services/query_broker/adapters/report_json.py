"""An answer's report as JSON for its column, and back."""

from __future__ import annotations

from typing import Any

from query_broker.domain.answer import AnswerState, CountUnit, Handling, PredicateReport, ProtectedCount, Report


def to_json(report: Report) -> dict[str, Any]:
    return {
        **_columns(report),
        "state": report.state.value,
        "counts": [{**_columns(count), "unit": count.unit.value} for count in report.counts],
        "predicates": [{**_columns(each), "handling": each.handling.value} for each in report.predicates],
    }


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


def _columns(of: Report | ProtectedCount | PredicateReport) -> dict[str, Any]:
    # dataclasses.asdict copies deeply, and costs eight times as much.
    return {name: getattr(of, name) for name in of.__slots__}
