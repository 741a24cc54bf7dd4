"""A provider with a small data set of its own, on a clock that tests advance."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from cohort.canonical import canonical
from cohort.expression import Expression
from cohort.parser import parse
from node.bootstrap import build
from node.domain.answer import Answer, Answered, CountTask, TaskId
from node.domain.budget import Organisation
from node.domain.rules import HubPolicy
from node.entrypoints.parts import Node
from node.settings import NodeSettings

POLICY = """
epsilon_per_count: 0.5
site_budget: 24
minimum_count: 0
rounding: 1
max_studies: 2
max_series: 5
epoch_threshold: 2
"""
MAPPING = """
sources:
  - format: parquet
    path: "*.parquet"
    collection: {column: collection}
    subject: patient
    study: study
    series: series
    variables:
      sex: {column: sex}
      modality: {column: modality}
      age_at_study: {column: age, read: dicom_age}
"""
COLUMNS = ("collection", "patient", "study", "series", "sex", "modality", "age")
Row = tuple[str | None, ...]


class FakeClock:
    def __init__(self) -> None:
        self.moment = datetime(2026, 11, 24, 12, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment

    def advance(self, by: timedelta) -> None:
        self.moment += by


def hundred_people() -> list[Row]:
    """Subject p0 to p99, each with a study of one CT and one MR series; even ones are women."""
    return [
        ("c", f"p{i}", f"study-{i}", f"{modality}-{i}", "F" if i % 2 == 0 else "M", modality, f"{20 + i % 60:03}Y")
        for i in range(100)
        for modality in ("CT", "MR")
    ]


def write_parquet(file: Path, rows: Iterable[Row], columns: tuple[str, ...] = COLUMNS) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    values = [list(column) for column in zip(*rows, strict=True)]
    unnested = ", ".join(f"unnest(?::VARCHAR[]) AS {column}" for column in columns)
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE rows AS SELECT {unnested}", values)
        connection.execute(f"COPY rows TO '{file}' (FORMAT parquet)")


@dataclass
class Provider:
    """Everything on disk; `node` is built anew by restart()."""

    folder: Path
    clock: FakeClock
    node: Node

    @staticmethod
    def create(folder: Path, policy: str = POLICY, mapping: str = MAPPING) -> Provider:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "policy.yaml").write_text(policy)
        (folder / "mapping.yaml").write_text(mapping)
        clock = FakeClock()
        return Provider(folder, clock, build(NodeSettings(data_dir=folder), clock))

    def restart(self, policy: str | None = None) -> None:
        if policy is not None:
            (self.folder / "policy.yaml").write_text(policy)
        self.node = build(NodeSettings(data_dir=self.folder), self.clock)

    def ask(
        self, question: str | Expression, organisation: str = "organisation-a", hub: HubPolicy | None = None
    ) -> Answer:
        task = CountTask(
            TaskId("t"),
            "cohortQueries/q",
            parse(question) if isinstance(question, str) else question,
            Organisation(organisation),
            self.clock.now() + timedelta(minutes=1),
            hub,
        )
        return self.node.answer_count(task)

    def answered(self, question: str, organisation: str = "organisation-a", hub: HubPolicy | None = None) -> Answered:
        answer = self.ask(question, organisation, hub)
        assert isinstance(answer, Answered), answer
        return answer

    def true_counts(self, question: str) -> tuple[int, int, int]:
        """Before protection; only a test may ask."""
        index = self.node.indexes.current()
        assert index is not None
        counts = index.count(canonical(parse(question)), None)
        return counts.subjects, counts.studies, counts.series
