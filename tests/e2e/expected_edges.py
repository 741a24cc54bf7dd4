"""The steps that the trace of a cohort query must have: one table, held against real traces.

An edge says that a span of that name has, among its children, one of that name in that service. `node/*` stands for
the node of each provider that is asked; its edges must be there once for each of them.

A task that is delivered twice has a second span of delivery, a sibling of the first and linked to it: the trace keeps
every edge, and shows that it was the same task. Spans here are those of `oncordia trace show --json`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

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
ACT_LOGGED = Step("audit_log", "process oncordia.node.events.v1")
FIGURES = Step("insights", "process oncordia.query.events.v1")
LOGGED = Step("audit_log", "process oncordia.query.events.v1")

EXPECTED: tuple[Edge, ...] = (
    # The hub's edge: the root, linked to the caller's own span.
    Edge(None, QUERY_ROOT, "server", Via.GRPC),
    Edge(QUERY_ROOT, QUERY_EVENT, "producer", Via.INSIDE),
    Edge(QUERY_ROOT, TASK, "producer", Via.INSIDE),
    Edge(QUERY_EVENT, FIGURES, "consumer", Via.KAFKA),
    Edge(QUERY_EVENT, LOGGED, "consumer", Via.KAFKA),
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
    # What the node says itself that it did, by way of its own log, the border and Kafka.
    Edge(NODE_TASK, ACT_LOGGED, "consumer", Via.KAFKA),
)


def assert_edge(edge: Edge, spans: Sequence[dict[str, Any]], providers: set[str]) -> None:
    """The edge is in the trace; an edge of nodes once for each provider."""
    by_id = {span["span_id"]: span for span in spans}
    found = [
        (by_id.get(span.get("parent_span_id", "")), span)
        for span in spans
        if span["name"] == edge.child.name and _is(edge.child, span)
    ]
    matching = [
        span
        for parent, span in found
        if (edge.parent is None and parent is None)
        or (edge.parent is not None and parent is not None and parent["name"] == edge.parent.name)
    ]
    assert matching, edge
    assert {span["kind"] for span in matching} == {edge.kind}, edge
    if edge.child.service == EVERY_NODE:
        assert {span["service"].removeprefix("node/") for span in matching} == providers, edge


def assert_delivered_twice(spans: Sequence[dict[str, Any]], provider: str) -> None:
    """The task of `providers/...` has two deliveries below one step; the second is linked to the first."""
    first, second = sorted(
        (s for s in spans if s["name"] == DELIVERED.name and s["attributes"]["oncordia.provider"] == provider),
        key=lambda span: int(span["start_time_unix_nano"]),
    )
    assert first["attributes"]["oncordia.task.id"] == second["attributes"]["oncordia.task.id"]
    assert first["parent_span_id"] == second["parent_span_id"]
    assert "links" not in first
    assert [link.rpartition("/")[2] for link in second["links"]] == [first["span_id"]]


def _is(step: Step, span: dict[str, Any]) -> bool:
    service: str = span["service"]
    return service.startswith("node/") if step.service == EVERY_NODE else service == step.service
