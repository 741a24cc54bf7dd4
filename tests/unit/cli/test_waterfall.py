"""What a person sees of a trace."""

from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from cli.waterfall import MISSING_PARENT, OwnSpan, bar, duration, rows_of, waterfall
from oncordia.insights.v1.trace_pb2 import Span, Trace

MS = 1_000_000


def a_span(span_id: str, parent: str = "", start: int = 0, end: int = 10, *, error: bool = False) -> Span:
    return Span(
        span_id=span_id,
        parent_span_id=parent,
        name=f"step {span_id}",
        service=f"service {span_id}",
        country="BE",
        start_time_unix_nano=start * MS,
        end_time_unix_nano=end * MS,
        error=error,
    )


def drawn(*spans: Span, own: OwnSpan | None = None) -> str:
    console = Console(width=140, color_system=None)
    with console.capture() as capture:
        console.print(waterfall(Trace(trace_id="ab" * 16, spans=spans), own))
    return capture.get()


def test_the_root_is_first_and_children_follow_in_the_order_of_their_start() -> None:
    rows = list(rows_of([a_span("c", "a", 5), a_span("b", "a", 2), a_span("d", "b", 3), a_span("a")]))
    assert [row.span.span_id for row in rows] == ["a", "b", "d", "c"]
    assert [row.branch for row in rows] == ["", "├ ", "│ └ ", "└ "]


def test_a_span_without_its_parent_comes_last_and_is_marked() -> None:
    rows = list(rows_of([a_span("x", "unseen", 0), a_span("y", "x", 1), a_span("a", start=5), a_span("b", "a", 6)]))
    assert [(row.span.span_id, row.orphan) for row in rows] == [
        ("a", False),
        ("b", False),
        ("x", True),
        ("y", False),
    ]
    assert MISSING_PARENT + "step x" in drawn(*(row.span for row in rows))


def test_every_line_says_service_country_and_duration() -> None:
    line = next(line for line in drawn(a_span("a", end=40), a_span("b", "a", 10, 30)).splitlines() if "step b" in line)
    assert "service b" in line
    assert "BE" in line
    assert line.rstrip().endswith("20.0 ms")


def test_a_failed_step_says_so_without_colours() -> None:
    assert "step a failed" in drawn(a_span("a", error=True))


def test_the_commands_own_span_stands_above_the_root_and_is_not_counted() -> None:
    lines = drawn(a_span("a", start=5, end=9), own=OwnSpan("oncordia query run", 2 * MS, 12 * MS)).splitlines()
    assert "1 span, 1 service in BE" in lines[0]
    assert lines[2].startswith("oncordia query run")
    assert lines[3].startswith("└ step a")


def test_a_trace_without_spans_says_so() -> None:
    assert "no spans to show" in drawn()


def test_durations_are_in_the_unit_that_reads_best() -> None:
    durations = (420_000, 1_234_567, 45_600_000, 2_345_000_000)
    assert [duration(n) for n in durations] == ["420 µs", "1.23 ms", "45.6 ms", "2.35 s"]


@given(st.integers(0, 10**9), st.integers(0, 10**9), st.integers(0, 10**9))
def test_a_bar_is_never_invisible_and_never_leaves_the_axis(start: int, took: int, rest: int) -> None:
    span = Span(start_time_unix_nano=start, end_time_unix_nano=start + took)
    text = bar(span, 0, start + took + rest)
    assert text.strip()
    assert len(text) <= 40


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(-1, 12), st.integers(0, 50)), max_size=10))
def test_every_span_is_drawn_exactly_once_whatever_the_parents(found: list[tuple[int, int, int]]) -> None:
    spans = {str(own): a_span(str(own), "" if parent < 0 else str(parent), start) for own, parent, start in found}
    assert sorted(row.span.span_id for row in rows_of(list(spans.values()))) == sorted(spans)


def test_a_trace_deeper_than_pythons_stack_is_drawn() -> None:
    spans = [a_span(str(n), str(n - 1) if n else "", n) for n in range(3_000)]
    assert len(list(rows_of(spans))) == 3_000
