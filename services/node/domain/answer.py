"""A count task as it reaches the node, and the node's answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NewType

from cohort.expression import Expression
from node.domain.budget import Organisation
from node.domain.epoch import EpochId
from node.domain.protection import ProtectedCount
from node.domain.refusal import Refusal
from node.domain.report import PredicateReport
from node.domain.rules import HubPolicy

TaskId = NewType("TaskId", str)


@dataclass(frozen=True, slots=True)
class CountTask:
    """Count the subjects, studies and series of a cohort for an organisation, which is the hub's word
    alone.
    """

    task_id: TaskId
    query: str
    expression: Expression
    asking_organisation: Organisation
    deadline: datetime
    hub_policy: HubPolicy | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    """`counts` is empty when a predicate is unsupported: a report and no count. `stored`: nothing new was
    drawn.
    """

    epoch: EpochId
    report: tuple[PredicateReport, ...]
    counts: tuple[ProtectedCount, ...]
    stored: bool


Answer = Answered | Refusal
