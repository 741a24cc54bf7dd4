"""Where the time of a query goes: the steps on the way of its last answer, from the spans of its own trace."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from statistics import median

from cli.waterfall import OwnSpan
from oncordia.insights.v1.trace_pb2 import Span
from tests.e2e import expected_edges as edges

# What lies between two moments on the way. A node's own spans end late on purpose (their ends are rounded up), so its
# work is measured up to the hub's receipt.
HOPS = (
    "the command, gRPC, to the broker",
    "broker: check, store, outbox, commit",
    "broker's relay, Kafka, to federation",
    "federation: journal, commit, wake-up",
    "border, to the node's worker",
    "node, border, federation: task to its commit",
    "federation's relay, Kafka, to the broker",
    "broker: record, commit; to the caller's stream",
)


def hops(spans: Sequence[Span], own: OwnSpan) -> list[float]:
    """Milliseconds of each of HOPS for the answer that the broker took last. Raises KeyError if a span is missing."""
    by_id = {span.span_id: span for span in spans}

    def above(span: Span, name: str) -> Span:
        while span.name != name:
            span = by_id[span.parent_span_id]
        return span

    taken = max((s for s in spans if s.name == edges.RESULT_TAKEN.name), key=lambda s: s.start_time_unix_nano)
    received = above(taken, edges.RECEIVED.name)
    task = above(received, edges.NODE_TASK.name)
    delivered = above(task, edges.DELIVERED.name)
    requested = above(delivered, edges.TASK_TAKEN.name)
    asked = above(requested, edges.TASK.name)
    root = above(asked, edges.QUERY_ROOT.name)
    moments = [
        own.begin_unix_nano,
        root.start_time_unix_nano,
        # The request is committed when its call ends; the relay begins a moment before.
        root.end_time_unix_nano,
        requested.start_time_unix_nano,
        delivered.start_time_unix_nano,
        task.start_time_unix_nano,
        received.start_time_unix_nano,
        taken.start_time_unix_nano,
        own.end_unix_nano,
    ]
    return [(after - before) / 1e6 for before, after in pairwise(moments)]


def typical(found: Sequence[Sequence[float]]) -> Mapping[str, float]:
    """The median of each hop."""
    return dict(zip(HOPS, (median(values) for values in zip(*found, strict=True)), strict=True))
