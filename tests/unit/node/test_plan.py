"""What this node says about each predicate of a question."""

from __future__ import annotations

from cohort.expression import And, Comparison, Not, Operator, Or, Scope, Scoped, WithinDays
from node.domain.epoch import VariableCoverage
from node.domain.plan import plan
from node.domain.report import Handling

CT = Comparison("modality", Operator.EQ, "CT")
FEMALE = Comparison("sex", Operator.EQ, "F")
RECENT = Comparison("study_year", Operator.GE, 2015)
COVERAGE = {
    "modality": VariableCoverage("modality", 100),
    "sex": VariableCoverage("sex", 0),
    "study_year": VariableCoverage("study_year", 80, "dates are shifted"),
    "study_date": VariableCoverage("study_date", 70),
    "diagnosis_date": VariableCoverage("diagnosis_date", 20),
}


def test_a_mapped_variable_is_applied_with_its_share_of_rows() -> None:
    [report] = plan(CT, COVERAGE).reports
    assert (report.handling, report.mapped_percent, report.reason) == (Handling.APPLIED, 100, "")


def test_a_declared_approximation_is_reported_with_the_providers_reason() -> None:
    [report] = plan(RECENT, COVERAGE).reports
    assert report.handling is Handling.APPROXIMATED
    assert "dates are shifted" in report.reason


def test_a_variable_that_is_not_mapped_or_maps_no_row_is_unsupported_and_there_is_no_count() -> None:
    for predicate in (FEMALE, Comparison("manufacturer", Operator.EQ, "GE")):
        planned = plan(Or((CT, Not(Scoped(Scope.SUBJECT, predicate)))), COVERAGE)
        assert [r.handling for r in planned.reports] == [Handling.APPLIED, Handling.UNSUPPORTED]
        assert not planned.countable


def test_two_dates_are_covered_as_well_as_the_scarcer_one() -> None:
    [report] = plan(WithinDays("study_date", "diagnosis_date", 30), COVERAGE).reports
    assert report.mapped_percent == 20


def test_a_predicate_that_stands_twice_is_reported_once() -> None:
    assert len(plan(And((CT, Scoped(Scope.STUDY, CT))), COVERAGE).reports) == 1
