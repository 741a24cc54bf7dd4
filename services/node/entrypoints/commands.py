"""The `oncordia-node` command of a provider's staff."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from cohort.errors import CohortError
from cohort.parser import parse
from cohort.text import to_text
from node.application.preview import preview
from node.domain.budget import Period
from node.domain.epsilon import as_decimal
from node.domain.errors import NodeError
from node.domain.snapshot import Lint
from node.domain.withdrawal import LocalSubject
from node.entrypoints.lint_report import lint_lines
from node.entrypoints.parts import Node
from node.settings import NodeSettings

app = typer.Typer(no_args_is_help=True, add_completion=False, help="A provider's node. Data stay here.")
ledger = typer.Typer(no_args_is_help=True, help="The ledger of privacy loss.")
app.add_typer(ledger, name="ledger")

MappingOption = Annotated[Path | None, typer.Option("--mapping", help="Mapping file; default: mapping.yaml")]
SourceOption = Annotated[Path | None, typer.Option("--source", help="Folder of the data; default: source")]


class Wiring:
    """How to build a node from settings. Set by whoever starts the commands, which know no wiring themselves."""

    build: Callable[[NodeSettings], Node]


wiring = Wiring()


@contextmanager
def open_node() -> Iterator[Node]:
    try:
        yield wiring.build(NodeSettings())  # type: ignore[call-arg]  # the environment gives what is required
    except ValidationError as error:
        names = ", ".join(f"ONCORDIA_{'_'.join(map(str, e['loc'])).upper()}" for e in error.errors())
        _fail(f"settings are missing or wrong: {names}")
    except (NodeError, CohortError) as error:
        _fail(str(error))


def _fail(sentence: str) -> None:
    typer.echo(f"error: {sentence}", err=True)
    raise typer.Exit(1)


@app.command()
def ingest(mapping: MappingOption = None, source: SourceOption = None) -> None:
    """Index the data, and open them to questions as a new epoch when the rules allow."""
    with open_node() as node:
        read = node.read_mapping(mapping)
        done = node.ingest(read, source or node.settings.source_path)
        typer.echo(next(lint_lines(done.lint)))
        typer.echo(done.waits or f"epoch {done.epoch} is open")


@app.command()
def lint(
    mapping: MappingOption = None,
    source: SourceOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON")] = False,
) -> None:
    """Show the share of rows mapped per variable, and the unmapped values; with --mapping, try a mapping."""
    with open_node() as node:
        found = _tried(node, mapping, source) if mapping is not None else _present(node)
        if as_json:
            json.dump(asdict(found), sys.stdout, ensure_ascii=False, indent=1)
            sys.stdout.write("\n")
        else:
            for line in lint_lines(found):
                typer.echo(line)


def _tried(node: Node, mapping: Path, source: Path | None) -> Lint:
    read = node.read_mapping(mapping)
    with node.snapshots.workspace() as target:
        return node.builder.build(read, source or node.settings.source_path, target)


def _present(node: Node) -> Lint:
    current = node.snapshots.current()
    if current is None:
        raise NodeError("nothing is indexed yet; run `oncordia-node ingest`, or give --mapping to try one")
    return current[1]


@app.command()
def withdraw(
    subjects: Annotated[list[str] | None, typer.Argument(help="Local identifiers of subjects")] = None,
    collection: Annotated[str | None, typer.Option(help="Only in this collection")] = None,
    file: Annotated[Path | None, typer.Option("--list", help="CSV: subject and, if wanted, collection")] = None,
) -> None:
    """Leave subjects who withdrew or opted out out of every evaluation, at once and for good."""
    with open_node() as node:
        people = [LocalSubject(subject, collection) for subject in subjects or ()]
        if file is not None:
            people.extend(_listed(file))
        if not people:
            raise NodeError("nobody is named; give local identifiers of subjects, or --list FILE")
        new = node.withdraw(people)
        typer.echo(f"{new} withdrawn, {len(people) - new} had been before")
        index = node.indexes.current()
        if index is not None and (strangers := index.unknown(people)):
            typer.echo(
                f"warning: {len(strangers)} of them match nobody in the data; check the spelling and the"
                f" collection. The first is line or argument {people.index(strangers[0]) + 1}",
                err=True,
            )


def _listed(file: Path) -> Iterator[LocalSubject]:
    try:
        with open(file, newline="", encoding="utf-8") as lines:
            for row in csv.reader(lines):
                cells = [cell.strip() for cell in row]
                if cells and cells[0]:
                    yield LocalSubject(cells[0], cells[1] if len(cells) > 1 and cells[1] else None)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise NodeError(f"{file} can't be read as CSV in UTF-8 ({type(error).__name__})") from error


@app.command()
def status() -> None:
    """Show the epoch, the budgets, and whether the ledger is trusted."""
    with open_node() as node:
        current = node.snapshots.current()
        epoch = "none; run `oncordia-node ingest`" if current is None else f"{current[0].id}"
        typer.echo(f"epoch       {epoch}")
        if current is not None:
            typer.echo(f"data        {next(lint_lines(current[1]))}")
        typer.echo(f"ledger      {_ledger_state(node)}")
        typer.echo(f"withdrawn   {len(node.withdrawals.everyone())}")
        typer.echo(f"to send     {len(node.journal.pending_results())} results")
        typer.echo(f"to do       {len(node.journal.unanswered())} tasks")


def _ledger_state(node: Node) -> str:
    reason = node.ledger.distrusted()
    return "trusted" if reason is None else f"NOT TRUSTED, all new counts are refused: {reason}"


@app.command()
def count(expression: Annotated[str, typer.Argument(help="A cohort query, for example: sex = F")]) -> None:
    """A dry run: how this node would deal with each predicate. Nothing is counted, charged or released."""
    with open_node() as node:
        current = node.snapshots.current()
        if current is None:
            raise NodeError("nothing is indexed yet; run `oncordia-node ingest`")
        planned = preview(parse(expression), current[0], node.model)
        for r in planned.reports:
            reason = f"  ({r.reason})" if r.reason else ""
            typer.echo(f"{r.handling.value:<13} {r.mapped_percent:>3}%  {to_text(r.predicate)}{reason}")
        if not planned.countable:
            typer.echo("no count would be given: a predicate is unsupported")


@ledger.command("show")
def ledger_show() -> None:
    """Show what was charged in this quarter, by organisation."""
    with open_node() as node:
        period = Period.at(node.clock.now())
        spending = node.ledger.spending(period)
        limits = node.policy
        total = sum(spending.values())
        typer.echo(
            f"{period}, renews on {period.renews_at:%Y-%m-%d} (UTC); an answer costs"
            f" {as_decimal(limits.rules.answer_charge):f}"
        )
        typer.echo(f"site: ε {total / 1e6:g} of {as_decimal(limits.site_limit):f}")
        for organisation, spent in spending.items():
            typer.echo(f"{organisation}: ε {spent / 1e6:g} of {as_decimal(limits.organisation_limit):f}")


@ledger.command("accept")
def ledger_accept(
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask")] = False,
) -> None:
    """Decide to go on after the ledger was lost or replaced by an older copy."""
    with open_node() as node:
        reason = node.ledger.distrusted()
        if reason is None:
            typer.echo("the ledger is trusted; there is nothing to decide")
            return
        typer.echo(f"The ledger can't be trusted: {reason}.")
        typer.echo("If you accept it as it is, what it has forgotten can be asked and spent once more.")
        if yes or typer.confirm("Accept it?"):
            node.acts.ledger_accepted(reason)
            node.ledger.accept()
            typer.echo("accepted; counts are answered again")
        else:
            raise typer.Exit(1)
