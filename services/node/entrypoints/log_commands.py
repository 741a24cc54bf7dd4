"""`oncordia-node log`: what the node did, as its own log tells it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated

import typer

from kit.events import envelope
from kit.events.payload import payload_json
from node.domain.errors import NodeError
from node.entrypoints.commands import app, open_node
from node.entrypoints.parts import Node
from tlog.body import EventBody

log = typer.Typer(no_args_is_help=True, help="The node's own log of what it did, which nobody can change unnoticed.")
app.add_typer(log, name="log")

Told = dict[str, object]


@log.command()
def show(
    last: Annotated[int, typer.Option(min=1, help="How many, the newest ones.")] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, one act a line.")] = False,
) -> None:
    """Show the acts in the log, oldest first, and those that wait for their place in it."""
    with open_node() as node:
        for told in [*_entries(node, last), *_waiting(node)]:
            if as_json:
                sys.stdout.write(json.dumps(told, ensure_ascii=False) + "\n")
            else:
                payload = json.dumps(told["payload"], ensure_ascii=False)
                typer.echo(
                    f"{told['number'] or 'waits':>6}  {told['time']}  {told['type']}  {told['resource']}"
                    f"  {told['outcome']}  {payload}"
                )


@log.command()
def where() -> None:
    """Tell where the log's files are, and the key that verifies them, for `oncordia audit verify` and `reconcile`."""
    with open_node() as node:
        newest = node.keep_log.newest()
        if newest is None:
            raise NodeError("there is no log yet; it begins when the node connects to the hub for the first time")
        typer.echo(f"log        {newest.id} of {newest.provider}, {newest.entries} entries")
        typer.echo(f"files      {node.log_files.of(newest.id).path}")
        typer.echo(f"key        {node.log_files.verifier_key_file(newest.id).read_text(encoding='utf-8').strip()}")
        typer.echo(f"waiting    {len(node.log_book.waiting())} acts, until the hub is there")


def _entries(node: Node, last: int) -> Iterator[Told]:
    newest = node.keep_log.newest()
    for entry in node.keep_log.entries(max(0, newest.entries - last), last) if newest is not None else ():
        event = envelope.parse_body(EventBody.decode(entry.body))
        yield _told(entry.number, event.time, event.type, event.key, event.outcome, event.value)


def _waiting(node: Node) -> Iterator[Told]:
    for act in node.log_book.waiting():
        yield _told(None, act.time, act.type, act.resource, act.outcome, act.payload)


def _told(number: int | None, time: datetime, type_: str, resource: str, outcome: str, payload: bytes | None) -> Told:
    return {
        "number": number,
        "time": f"{time:%Y-%m-%dT%H:%M:%S.%fZ}",
        "type": type_.rpartition(".")[2],
        "resource": resource,
        "outcome": outcome,
        "payload": json.loads(payload_json(type_, payload) or "{}"),
    }
