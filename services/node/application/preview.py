"""What this node would do with a question, without evaluating or releasing anything."""

from __future__ import annotations

from cohort.canonical import canonical
from cohort.expression import Expression
from cohort.variables import DataModel
from node.domain.epoch import Epoch
from node.domain.plan import Plan, plan


def preview(expression: Expression, epoch: Epoch, model: DataModel) -> Plan:
    """The predicate reports. Raises InvalidExpressionError."""
    return plan(canonical(expression, model), epoch.coverage)
