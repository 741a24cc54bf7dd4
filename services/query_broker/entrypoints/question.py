"""The question of a request: text or typed form, checked against the data model, in canonical form."""

from __future__ import annotations

from cohort.canonical import canonical
from cohort.check import InvalidExpressionError, require_valid
from cohort.errors import CohortError
from cohort.expression import Expression
from cohort.lint import lint
from cohort.parser import parse
from cohort.text import to_text
from cohort.variables import DataModel
from kit.errors import FieldViolation, InvalidInput
from kit.wire.expression import decode_expression
from oncordia.query.v1 import cohort_query_pb2
from query_broker.domain.query import Question


def question(request: cohort_query_pb2.CohortQuery, model: DataModel) -> Question:
    """Raises InvalidInput naming every part of the filter or expression that is wrong."""
    expression = _expression(request, model)
    form = canonical(expression, model)
    return Question(
        filter=request.filter,
        expression=form,
        canonical_filter=to_text(form),
        warnings=tuple(str(warning) for warning in lint(expression, model)),
    )


def _expression(request: cohort_query_pb2.CohortQuery, model: DataModel) -> Expression:
    if bool(request.filter) == request.HasField("expression"):
        raise InvalidInput.of("cohort_query", "give either filter or expression")
    if request.filter:
        try:
            return parse(request.filter, model)
        except CohortError as error:
            raise InvalidInput.of("cohort_query.filter", str(error), "INVALID_FILTER") from None
    expression = decode_expression(request.expression, "cohort_query.expression")
    try:
        require_valid(expression, model)
    except InvalidExpressionError as error:
        violations = [FieldViolation(f"cohort_query.{v.path}", v.message) for v in error.violations]
        raise InvalidInput(violations, "INVALID_EXPRESSION") from None
    return expression
