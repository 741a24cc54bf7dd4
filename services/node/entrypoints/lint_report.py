"""How well the data are mapped, for the provider's eyes only: unmapped values are data."""

from __future__ import annotations

from collections.abc import Iterator

from node.domain.snapshot import Lint


def lint_lines(lint: Lint) -> Iterator[str]:
    """A table of the variables, and below it what stayed unmapped."""
    t = lint.totals
    yield f"{t.subjects:,} subjects, {t.studies:,} studies, {t.series:,} series"
    if lint.skipped_rows:
        yield f"{lint.skipped_rows:,} rows skipped: without collection or subject, or a series in no study"
    if lint.shared_studies:
        yield f"{lint.shared_studies:,} studies stand under a second subject; each counts once, for the first subject"
    if lint.skipped_files:
        yield f"{len(lint.skipped_files):,} files skipped because they aren't DICOM with a series:"
        yield from (f"  {file}" for file in lint.skipped_files)
    yield ""
    yield f"{'variable':<20} {'mapped':>7} {'conflicting':>12} {'unmapped values':>16}"
    for v in lint.variables:
        percent = 100 * v.mapped_rows // max(1, lint.rows)
        yield f"{v.variable:<20} {percent:>6}% {v.conflicting:>12,} {v.unmapped_values:>16,}"
    for v in lint.variables:
        if v.unmapped:
            yield ""
            yield f"{v.variable}: unmapped, with rows of the source"
            yield from (f"  {u.rows:>10,}  {_shortened(u.value)}" for u in v.unmapped)


def _shortened(value: str) -> str:
    return value if len(value) <= 80 else value[:79] + "…"
