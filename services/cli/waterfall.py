"""A trace as text: a tree of steps, each with its bar on one common axis of time.

    trace = insights.GetTrace(...)
    console.print(waterfall(trace))

Drawn are the span that the command itself measured, if it did, then the root, its children below it in the order of
their start, and last, marked, what has a parent that the reader may not see or that has not arrived yet.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from oncordia.insights.v1.trace_pb2 import Span, Trace

BAR_CHARACTERS = 40
MISSING_PARENT = "⋯ "

# No real span has this id.
_OWN_ID = "own"
_EIGHTHS = " ▏▎▍▌▋▊▉█"
# One colour a service, so that the eye finds where the work moves on; the names are there for who sees no colours.
_COLOURS = ("cyan", "green", "magenta", "yellow", "blue", "bright_cyan", "bright_green", "bright_magenta")


@dataclass(frozen=True, slots=True)
class OwnSpan:
    """What the command measured itself, in nanoseconds since 1970. The hub takes no spans from outside."""

    name: str
    begin_unix_nano: int
    end_unix_nano: int


@dataclass(frozen=True, slots=True)
class Row:
    """One span, where it hangs in the tree, and whether its parent is missing."""

    span: Span
    branch: str
    orphan: bool


def waterfall(trace: Trace, own: OwnSpan | None = None) -> RenderableType:
    """The trace as a rich renderable, at best 120 characters wide. A trace without spans is a line that says so."""
    if not trace.spans:
        return Text(f"trace {trace.trace_id}: no spans to show", style="dim")
    rows = list(rows_of(trace.spans if own is None else _below(own, trace.spans)))
    begin = min(row.span.start_time_unix_nano for row in rows)
    end = max(row.span.end_time_unix_nano for row in rows)
    services = {name: _COLOURS[i % len(_COLOURS)] for i, name in enumerate(_services(rows))}
    table = Table(box=None, padding=(0, 1), pad_edge=False, header_style="dim")
    table.add_column("step", no_wrap=True, overflow="ellipsis", ratio=1)
    table.add_column("service", no_wrap=True)
    table.add_column("country", no_wrap=True)
    table.add_column(f"0 to {duration(end - begin)}", no_wrap=True, width=BAR_CHARACTERS)
    table.add_column("took", justify="right", no_wrap=True)
    for row in rows:
        span, colour = row.span, services[row.span.service]
        table.add_row(
            _step(row),
            Text(span.service, style=colour),
            span.country,
            Text(bar(span, begin, end), style="red" if span.error else colour),
            duration(span.end_time_unix_nano - span.start_time_unix_nano),
        )
    return Group(Text(_headline(trace, rows, end - begin), style="bold"), table, *_notes(rows))


def _below(own: OwnSpan, spans: Sequence[Span]) -> list[Span]:
    """The spans with the command's own as the one root."""
    top = Span(
        span_id=_OWN_ID,
        name=own.name,
        service="oncordia",
        start_time_unix_nano=own.begin_unix_nano,
        end_time_unix_nano=own.end_unix_nano,
    )
    result = [top]
    for span in spans:
        copy = Span()
        copy.CopyFrom(span)
        copy.parent_span_id = span.parent_span_id or _OWN_ID
        result.append(copy)
    return result


def rows_of(spans: Sequence[Span]) -> Iterator[Row]:
    """The spans in the order in which they are drawn. Each comes once, whatever their parents say."""
    known = {span.span_id for span in spans}
    children: dict[str, list[Span]] = defaultdict(list)
    for span in sorted(spans, key=_start):
        children[span.parent_span_id].append(span)
    drawn: set[str] = set()
    for root in children[""]:
        yield from _tree(root, children, drawn, orphan=False)
    for parent, orphans in list(children.items()):
        if parent and parent not in known:
            for orphan in orphans:
                yield from _tree(orphan, children, drawn, orphan=True)
    # Parents in a circle lead nowhere, but what happened is shown all the same.
    for span in sorted(spans, key=_start):
        if span.span_id not in drawn:
            yield from _tree(span, children, drawn, orphan=True)


def _tree(top: Span, children: dict[str, list[Span]], drawn: set[str], *, orphan: bool) -> Iterator[Row]:
    # A stack and not recursion: a trace may be deeper than Python's own.
    waiting: list[tuple[Span, str, str]] = [(top, "", "")]
    while waiting:
        span, branch, below = waiting.pop()
        if span.span_id in drawn:
            continue
        drawn.add(span.span_id)
        yield Row(span, branch, orphan and span is top)
        following = [child for child in children[span.span_id] if child.span_id not in drawn]
        for child in reversed(following):
            last = child is following[-1]
            waiting.append((child, below + ("└ " if last else "├ "), below + ("  " if last else "│ ")))


def bar(span: Span, begin: int, end: int, characters: int = BAR_CHARACTERS) -> str:
    """Where the span lies between begin and end (nanoseconds), in that many characters; never invisible."""
    scale = characters * 8 / max(end - begin, 1)
    left = min(int((span.start_time_unix_nano - begin) * scale), characters * 8 - 1)
    right = min(max(int((span.end_time_unix_nano - begin) * scale), left + 1), characters * 8)
    first, last = left // 8, (right - 1) // 8
    if first == last:
        # A block character grows from the left, so a step within one character is shown by its length alone.
        return " " * first + _EIGHTHS[max(right - left, 1)]
    full = "█" * (last - first)
    return " " * first + full + _EIGHTHS[right - last * 8]


def duration(nanoseconds: int) -> str:
    """For people: three digits that count, in µs, ms or s."""
    if nanoseconds < 1_000_000:
        return f"{nanoseconds / 1_000:.0f} µs"
    if nanoseconds < 10_000_000:
        return f"{nanoseconds / 1_000_000:.2f} ms"
    if nanoseconds < 1_000_000_000:
        return f"{nanoseconds / 1_000_000:.1f} ms"
    return f"{nanoseconds / 1_000_000_000:.2f} s"


def _step(row: Row) -> Text:
    step = Text(row.branch, style="dim")
    if row.orphan:
        step.append(MISSING_PARENT, style="yellow")
    step.append(row.span.name, style="red" if row.span.error else "")
    if row.span.error:
        step.append(" failed", style="bold red")
    return step


def _headline(trace: Trace, rows: Sequence[Row], whole: int) -> str:
    countries = sorted({row.span.country for row in rows if row.span.country})
    spans, services = len(trace.spans), len({span.service for span in trace.spans})
    return (
        f"trace {trace.trace_id}: {spans} {'span' if spans == 1 else 'spans'}, "
        f"{services} {'service' if services == 1 else 'services'} in {', '.join(countries) or 'no country'}, "
        f"{duration(whole)}"
    )


def _notes(rows: Sequence[Row]) -> list[RenderableType]:
    orphans = sum(row.orphan for row in rows)
    if not orphans:
        return []
    note = "the step before it is not among those that you may see, or has not arrived yet"
    return [Text(f"{MISSING_PARENT}{note} ({orphans})", style="dim")]


def _services(rows: Sequence[Row]) -> list[str]:
    return list(dict.fromkeys(row.span.service for row in rows))


def _start(span: Span) -> tuple[int, str]:
    return span.start_time_unix_nano, span.span_id
