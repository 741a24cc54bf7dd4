"""The node's SQL means what the language means: compared with the plainest evaluator there is."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb
from hypothesis import HealthCheck, given, settings

from cohort.canonical import canonical
from cohort.expression import Comparison, Expression, Operator
from node.adapters.index.expression_sql import ExpressionSql
from tests.unit.cohort.reference import FALSE, MODEL, TRUE, UNKNOWN, Row, truth
from tests.unit.cohort.strategies import HELD, data_sets, expressions
from tests.unit.node.tiny_index import fill, nested

VARIABLES = sorted(HELD)
CODES = {v: frozenset(codes.codes) for v in VARIABLES if (codes := MODEL.get(v).codes) is not None}


def sql_truth(expression: Expression, rows: Sequence[Row], codes: dict[str, frozenset[str]] = CODES) -> list[int]:
    condition = ExpressionSql(MODEL, codes).condition(expression)
    with duckdb.connect() as connection:
        fill(connection, rows, VARIABLES)
        found = connection.execute(
            f"SELECT {condition.sql} FROM series ORDER BY position",  # noqa: S608
            list(condition.parameters),
        ).fetchall()
    return [UNKNOWN if value is None else TRUE if value else FALSE for (value,) in found]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(expressions, data_sets)
def test_every_row_is_true_false_or_unknown_as_the_language_defines(expression: Expression, data: list[Row]) -> None:
    rows = nested(data)
    asked = canonical(expression, MODEL)
    assert sql_truth(asked, rows) == [truth(asked, row, rows) for row in rows]


def test_a_code_newer_than_the_snapshot_is_false_where_known_and_unknown_where_missing() -> None:
    rows = [Row(0, 1, {"modality": "CT"}), Row(0, 1, {})]
    asked = Comparison("modality", Operator.EQ, "MR")
    assert sql_truth(asked, rows, {"modality": frozenset(("CT",))}) == [FALSE, UNKNOWN]


def test_values_are_parameters_and_never_part_of_the_statement() -> None:
    hostile = "x' OR 1=1; DROP TABLE series; --"
    condition = ExpressionSql(MODEL, CODES).condition(Comparison("collection", Operator.EQ, hostile))
    assert hostile not in condition.sql
    assert condition.parameters == (hostile,)
    assert sql_truth(Comparison("collection", Operator.EQ, hostile), [Row(0, 1, {"collection": "a"})]) == [FALSE]
