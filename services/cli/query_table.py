"""A cohort query as a table: who answered what, what was done to protect it, and what may be added."""

from __future__ import annotations

from collections.abc import Mapping

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from oncordia.query.v1 import cohort_query_pb2, provider_answer_pb2
from oncordia.type.v1 import count_pb2, predicate_pb2

_UNITS = (count_pb2.COUNT_UNIT_SUBJECTS, count_pb2.COUNT_UNIT_STUDIES, count_pb2.COUNT_UNIT_SERIES)
_STYLES = {
    "ANSWERED": "green",
    "PENDING": "dim",
    "DELIVERED": "cyan",
    "REFUSED": "yellow",
    "TIMED_OUT": "red",
    "FAILED": "red",
    "CANCELLED": "dim",
}


def query_table(query: cohort_query_pb2.CohortQuery) -> RenderableType:
    """The answers, the totals, and what is left out of them."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("provider", overflow="fold")
    table.add_column("", width=2)
    table.add_column("state", no_wrap=True)
    for unit in ("subjects", "studies", "series"):
        table.add_column(unit, justify="right", no_wrap=True)
    table.add_column("protection", overflow="fold")
    table.add_column("predicates", overflow="fold")
    for answer in query.answers:
        table.add_row(*_row(answer))
    table.add_section()
    totals = {total.unit: total for total in query.totals.totals}
    counted = max((total.providers for total in totals.values()), default=0)
    cells = [f"{totals[u].value:,} ±{totals[u].error_95:,}" if u in totals else "" for u in _UNITS]
    table.add_row(Text("total", style="bold"), "", f"{counted} of {len(query.answers)}", *cells, "", "")
    parts: list[RenderableType] = [table]
    parts += [Text(f"not in the total: {sentence}", style="yellow") for sentence in query.totals.left_out]
    parts += [Text(f"note: {warning}", style="dim") for warning in query.warnings]
    return Group(*parts)


def _row(answer: provider_answer_pb2.ProviderAnswer) -> tuple[RenderableType, ...]:
    state = provider_answer_pb2.AnswerState.Name(answer.state).removeprefix("ANSWER_STATE_")
    shown = state.lower().replace("_", " ") + (" (stored)" if answer.stored else "")
    counts = {count.unit: count for count in answer.counts}
    return (
        Text(answer.display_name),
        answer.country,
        Text(shown, style=_STYLES.get(state, "")),
        *(_count(counts.get(unit)) for unit in _UNITS),
        Text(_protection(counts) or answer.reason),
        _predicates(answer),
    )


def _count(count: count_pb2.ProtectedCount | None) -> str:
    if count is None:
        return "–"
    if count.suppressed:
        return f"< {count.protection.minimum_count}"
    return f"{count.value:,} ±{count.protection.error_95:,}"


def _protection(counts: Mapping[count_pb2.CountUnit.ValueType, count_pb2.ProtectedCount]) -> str:
    subjects = counts.get(count_pb2.COUNT_UNIT_SUBJECTS)
    if subjects is None:
        return ""
    protection = subjects.protection
    parts = [f"ε {protection.epsilon:g} a count"]
    if protection.minimum_count:
        parts.append(f"≥ {protection.minimum_count}")
    if protection.rounding > 1:
        parts.append(f"to {protection.rounding}s")
    return ", ".join(parts)


def _predicates(answer: provider_answer_pb2.ProviderAnswer) -> Text:
    result = Text()
    once = {(p.variable, p.handling): p for p in answer.predicates}
    for predicate in once.values():
        handling = predicate_pb2.PredicateHandling.Name(predicate.handling).removeprefix("PREDICATE_HANDLING_")
        mark, style = {"APPLIED": ("✓", "green"), "APPROXIMATED": ("≈", "yellow")}.get(handling, ("✗", "red"))
        if result:
            result.append("  ")
        result.append(mark, style=style)
        result.append(f" {predicate.variable} {predicate.mapped_percent}%")
    return result
