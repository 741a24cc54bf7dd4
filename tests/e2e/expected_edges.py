"""The steps that the trace of a cohort query must have: one table, held against real traces.

An edge says that a span of that name has, among its children, one of that name in that service. `node/*` stands for
the node of each provider that is asked; its edges must be there once for each of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

CREATE_QUERY = "oncordia.query.v1.QueryBrokerService/CreateCohortQuery"
EVERY_NODE = "node/*"


class Via(StrEnum):
    """What carries the trace from the parent to the child."""

    GRPC = "grpc"
    KAFKA = "kafka"
    BORDER = "border"
    INSIDE = "inside"


@dataclass(frozen=True, slots=True)
class Step:
    service: str
    name: str


@dataclass(frozen=True, slots=True)
class Edge:
    """`kind` is the child's."""

    parent: Step | None
    child: Step
    kind: str
    via: Via


QUERY_ROOT = Step("query_broker", CREATE_QUERY)
QUERY_EVENT = Step("query_broker", "create oncordia.query.events.v1")
TASK = Step("query_broker", "create oncordia.node.tasks.v1")
TASK_TAKEN = Step("federation", "process oncordia.node.tasks.v1")
DELIVERED = Step("federation", "border deliver")
NODE_TASK = Step(EVERY_NODE, "node task count")
NODE_PLAN = Step(EVERY_NODE, "node plan")
NODE_EVALUATE = Step(EVERY_NODE, "node evaluate")
NODE_PROTECT = Step(EVERY_NODE, "node protect")
RECEIVED = Step("federation", "border receive")
RESULT = Step("federation", "create oncordia.node.results.v1")
RESULT_TAKEN = Step("query_broker", "process oncordia.node.results.v1")
FIGURES = Step("insights", "process oncordia.query.events.v1")

EXPECTED: tuple[Edge, ...] = (
    # The hub's edge: the root, linked to the caller's own span.
    Edge(None, QUERY_ROOT, "server", Via.GRPC),
    Edge(QUERY_ROOT, QUERY_EVENT, "producer", Via.INSIDE),
    Edge(QUERY_ROOT, TASK, "producer", Via.INSIDE),
    Edge(QUERY_EVENT, FIGURES, "consumer", Via.KAFKA),
    # Out to every provider.
    Edge(TASK, TASK_TAKEN, "consumer", Via.KAFKA),
    Edge(TASK_TAKEN, DELIVERED, "producer", Via.INSIDE),
    Edge(DELIVERED, NODE_TASK, "consumer", Via.BORDER),
    Edge(NODE_TASK, NODE_PLAN, "internal", Via.INSIDE),
    Edge(NODE_TASK, NODE_EVALUATE, "internal", Via.INSIDE),
    Edge(NODE_TASK, NODE_PROTECT, "internal", Via.INSIDE),
    # And back.
    Edge(NODE_TASK, RECEIVED, "consumer", Via.BORDER),
    Edge(RECEIVED, RESULT, "producer", Via.INSIDE),
    Edge(RESULT, RESULT_TAKEN, "consumer", Via.KAFKA),
    Edge(RESULT_TAKEN, QUERY_EVENT, "producer", Via.INSIDE),
)
