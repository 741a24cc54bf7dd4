"""Counting over an index: clipping, withdrawal, subjects without images."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import duckdb
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cohort.canonical import canonical
from cohort.expression import Comparison, Expression, Operator
from node.adapters.index.duckdb_index import DuckDbIndex
from node.domain.counts import ContributionLimit, Counts
from node.domain.epoch import Epoch, EpochId
from node.domain.withdrawal import LocalSubject
from tests.unit.cohort.reference import MODEL, TRUE, Row, truth
from tests.unit.cohort.strategies import HELD, data_sets, expressions
from tests.unit.node.tiny_index import fill, nested

EPOCH = Epoch(EpochId("e"), datetime(2026, 1, 1, tzinfo=UTC), {})
ANY_MODALITY = Comparison("modality", Operator.EQ, "CT")


class Withdrawn:
    def __init__(self) -> None:
        self.people: list[LocalSubject] = []

    def version(self) -> int:
        return len(self.people)

    def everyone(self) -> Sequence[LocalSubject]:
        return self.people


def index(folder: str, rows: Sequence[Row], withdrawn: Withdrawn | None = None) -> DuckDbIndex:
    file = Path(folder) / "index.duckdb"
    with duckdb.connect(str(file)) as connection:
        fill(connection, rows, sorted(HELD))
    return DuckDbIndex(file, EPOCH, MODEL, withdrawn or Withdrawn())


def plain_counts(expression: Expression, rows: Sequence[Row], limit: ContributionLimit) -> Counts:
    studies: dict[int, set[int]] = defaultdict(set)
    series: dict[int, int] = defaultdict(int)
    subjects = set()
    for row in rows:
        if truth(expression, row, rows) == TRUE:
            subjects.add(row.subject)
            if row.study is not None:
                studies[row.subject].add(row.study)
                series[row.subject] += 1
    return Counts(
        len(subjects),
        sum(min(len(s), limit.studies) for s in studies.values()),
        sum(min(n, limit.series) for n in series.values()),
    )


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(expressions, data_sets, st.builds(ContributionLimit, st.integers(1, 3), st.integers(1, 3)))
def test_counts_are_clipped_for_each_subject(expression: Expression, data: list[Row], limit: ContributionLimit) -> None:
    rows, asked = nested(data), canonical(expression, MODEL)
    with tempfile.TemporaryDirectory() as folder:
        found = index(folder, rows)
        assert found.count(asked, limit) == plain_counts(asked, rows, limit)
        found.close()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(expressions, data_sets, st.builds(ContributionLimit, st.integers(1, 3), st.integers(1, 3)))
def test_one_subject_changes_a_count_by_no_more_than_its_sensitivity(
    expression: Expression, data: list[Row], limit: ContributionLimit
) -> None:
    rows, asked = nested(data), canonical(expression, MODEL)
    with tempfile.TemporaryDirectory() as folder:
        withdrawn = Withdrawn()
        found = index(folder, rows, withdrawn)
        everybody = found.count(asked, limit)
        withdrawn.people.append(LocalSubject("local-0"))
        without = found.count(asked, limit)
        found.close()
    assert 0 <= everybody.subjects - without.subjects <= 1
    assert 0 <= everybody.studies - without.studies <= limit.studies
    assert 0 <= everybody.series - without.series <= limit.series


def test_a_subject_without_images_counts_no_series(tmp_path: Path) -> None:
    found = index(str(tmp_path), [Row(0, None, {"modality": "CT"}), Row(1, 1, {"modality": "CT"})])
    assert found.count(ANY_MODALITY, None) == Counts(subjects=2, studies=1, series=1)


def test_a_withdrawn_subject_is_left_out_of_the_next_count_in_its_collection_only(tmp_path: Path) -> None:
    withdrawn = Withdrawn()
    rows = [Row(0, 0, {"modality": "CT"}), Row(1, 101, {"modality": "CT"})]
    found = index(str(tmp_path), rows, withdrawn)
    assert found.count(ANY_MODALITY, None).subjects == 2
    withdrawn.people.append(LocalSubject("local-0", "another collection"))
    assert found.count(ANY_MODALITY, None).subjects == 2
    withdrawn.people.append(LocalSubject("local-0", "c"))
    assert found.count(ANY_MODALITY, None).subjects == 1
