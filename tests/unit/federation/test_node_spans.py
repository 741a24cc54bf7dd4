"""What a span may tell when it leaves a node, and what the hub takes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from federation.adapters.span_export import is_allowed
from kit.telemetry.node_spans import ATTRIBUTES, allowed_attributes, bucket, rounded_end
from oncordia.border.v1.node_span_pb2 import NodeSpan

GOOD = NodeSpan(
    trace_id=b"t" * 16, span_id=b"s" * 8, parent_span_id=b"p" * 8, name="node plan", kind=1, end_time_unix_nano=1
)


def changed(**fields: object) -> NodeSpan:
    span = NodeSpan()
    span.CopyFrom(GOOD)
    for name, value in fields.items():
        setattr(span, name, value)
    return span


def test_the_hub_takes_no_span_that_is_not_on_the_list() -> None:
    assert is_allowed(GOOD)
    for bad in ({"name": "patient"}, {"trace_id": b"t"}, {"kind": 9}, {"start_time_unix_nano": 2}):
        assert not is_allowed(changed(**bad))


@given(st.integers(0, 10**12))
def test_a_duration_is_rounded_up_to_the_next_of_one_two_five(duration: int) -> None:
    rounded = bucket(duration)
    assert rounded >= duration
    assert str(rounded // 1_000_000).rstrip("0") in {"1", "2", "5"}
    assert rounded <= max(1_000_000, duration * 2.5)


@given(st.sampled_from(sorted(ATTRIBUTES)), st.dictionaries(st.text(), st.text()))
def test_no_attribute_leaves_that_is_not_on_the_list(name: str, attributes: dict[str, str]) -> None:
    assert set(allowed_attributes(name, attributes)) <= ATTRIBUTES[name]


def test_a_value_that_is_no_code_is_left_out() -> None:
    key = "oncordia.task.kind"
    assert allowed_attributes("node task count", {key: "count"}) == {key: "count"}
    assert allowed_attributes("node task count", {key: "Jan Janssens, 1950"}) == {}


def test_rounding_twice_is_rounding_once() -> None:
    end = rounded_end("node evaluate", 100, 100 + 3_400_000)
    assert end == 100 + 5_000_000
    assert rounded_end("node evaluate", 100, end) == end
