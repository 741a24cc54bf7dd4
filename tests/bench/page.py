"""The figures as one page of Markdown, made from their JSON."""

from collections.abc import Sequence

from tests.bench.figure import Figure, Row

_HEAD = """# Figures

Made by `make bench` from the JSON files in [figures](figures); no test depends on them. A measurement describes its
own machine and moment, so compare figures of one machine only.
"""


def page(figures: Sequence[Figure]) -> str:
    """All figures, in the order given."""
    return "\n".join([_HEAD, *(_section(figure) for figure in figures)])


def _section(figure: Figure) -> str:
    lines = [f"## {figure.title}", "", figure.how, "", "| what | measured | reach | |", "|---|---|---|---|"]
    lines += [
        f"| {row.what} | {_number(row.measured)} {row.unit} | {_reach(row)} | {_verdict(row)} |" for row in figure.rows
    ]
    if figure.parts:
        whole = sum(figure.parts.values()) or 1
        lines += ["", f"| where it goes | {figure.parts_unit} | share |", "|---|---|---|"]
        lines += [f"| {what} | {_number(value)} | {value / whole:.0%} |" for what, value in figure.parts.items()]
    lines += ["", "; ".join(f"{what}: {value}" for what, value in figure.machine.items()) + ".", ""]
    return "\n".join(lines)


def _number(value: float) -> str:
    if value >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _reach(row: Row) -> str:
    if row.at_most is not None:
        return f"at most {_number(row.at_most)}"
    if row.at_least is not None:
        return f"at least {_number(row.at_least)}"
    return ""


def _verdict(row: Row) -> str:
    return "" if row.reached is None else "reached" if row.reached else "**missed**"
