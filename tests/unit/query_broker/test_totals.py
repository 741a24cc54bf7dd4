import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from query_broker.domain.answer import AnswerState, CountUnit, Handling, ProviderAnswer, Report
from query_broker.domain.totals import Total, totals
from tests.unit.query_broker.builders import answer, answered, count


def subjects(answers: list[ProviderAnswer]) -> Total:
    return next(total for total in totals(answers).totals if total.unit is CountUnit.SUBJECTS)


def test_answers_are_summed_and_their_errors_grow_with_the_root() -> None:
    total = subjects([answered(count(100, error=6)), answered(count(50, error=8), provider="providers/b")])
    assert (total.value, total.providers, total.error_95) == (150, 2, 10)


def test_a_count_with_an_unsupported_predicate_is_never_added() -> None:
    result = totals([answered(count(100)), answered(count(50), handling=Handling.UNSUPPORTED, provider="providers/b")])
    assert result.totals[0].value == 100
    assert result.left_out == ('Provider B: can\'t evaluate modality = "MR"',)


def test_a_suppressed_count_is_left_out_and_said_so() -> None:
    result = totals([answered(count(None))])
    assert (result.totals[0].value, result.totals[0].providers) == (0, 0)
    assert result.left_out == ("Provider A: subjects suppressed, below the provider's minimum count",)


@pytest.mark.parametrize(
    ("report", "sentence"),
    [
        (Report(AnswerState.PENDING), "no answer yet"),
        (Report(AnswerState.DELIVERED), "no answer yet"),
        (Report(AnswerState.TIMED_OUT), "no answer before the deadline"),
        (Report(AnswerState.REFUSED, "BUDGET_EXHAUSTED", "the budget is used up"), "refused, the budget is used up"),
        (Report(AnswerState.FAILED, "NO_DATA", ""), "failed, NO_DATA"),
        (Report(AnswerState.CANCELLED), "cancelled before it answered"),
    ],
)
def test_a_provider_without_a_count_is_named_with_the_reason(report: Report, sentence: str) -> None:
    assert totals([answer(report)]).left_out == (f"Provider A: {sentence}",)


@given(st.lists(st.tuples(st.integers(-50, 10_000), st.sampled_from(Handling), st.booleans()), max_size=20))
def test_every_provider_is_in_the_total_or_named(parts: list[tuple[int, Handling, bool]]) -> None:
    answers = [
        answered(count(None if suppressed else value), handling=handling, provider=f"providers/{i}")
        for i, (value, handling, suppressed) in enumerate(parts)
    ]
    result = totals(answers)
    assert result.totals[0].providers + len(result.left_out) == len(parts)
    added = [value for value, handling, suppressed in parts if handling is not Handling.UNSUPPORTED and not suppressed]
    assert result.totals[0].value == sum(added)
    assert result.totals[0].error_95 == math.ceil(math.sqrt(36 * len(added)))
