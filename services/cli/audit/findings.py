"""What a verification found, a sentence a line behind its mark."""

from __future__ import annotations

from collections.abc import Iterable

from rich.markup import escape

from cli.run import console


def print_findings(findings: Iterable[tuple[str, str]]) -> None:
    """Each as its mark (PROVED, WRONG, NOT PROVED) and its sentence."""
    for mark, sentence in findings:
        console.print(f"{mark:11}{escape(sentence)}", highlight=False)
