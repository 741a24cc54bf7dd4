"""`oncordia audit reconcile`: a node's own log against the hub's."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from cli.audit.log_source import log_source
from cli.audit.options import Json, LogKey, log_key_of, read_key
from cli.audit.reconciliation import Differences, Reconciliation
from cli.audit.verify import local_tiles
from cli.audit.walking import with_progress
from cli.audit.whole_log import check_root
from cli.errors import UserError
from cli.run import console, fail, print_object
from tlog.checkpoint import Checkpoint
from tlog.errors import TlogError
from tlog.keys import VerifierKey
from tlog.note import Note
from tlog.signing import verify_checkpoint
from tlog.walk import Walk

_MOST = 20


def reconcile(
    node_log: Annotated[str, typer.Argument(help="A directory or URL with the node's log, at a node log/ID.")],
    log: Annotated[str, typer.Option(help="A directory or URL with the hub's log; else the local hub's.")] = "",
    log_key: LogKey = "",
    node_key: Annotated[
        str, typer.Option(help="The verifier key of the node's log, or its file; else ID.pub beside the directory.")
    ] = "",
    json: Json = False,
) -> None:
    """Compare a node's own log with the hub's, event by event, and name every difference.

    Both logs are verified first. Ends with 1 if one contradicts itself, with 2 if they differ. Nothing but public files
    is read, so a provider, the hub's operator and an auditor come to the same result.
    """
    try:
        key = read_key(node_key or _key_beside(node_log), "--node-key")
        reconciliation = Reconciliation(_producer(key))
        err = Console(stderr=True)
        of_node = _verified(node_log, key, "reading the node's log", err, reconciliation.at_node)
        of_hub = _verified(
            log or local_tiles(), log_key_of(log_key), "reading the hub's log", err, reconciliation.at_hub
        )
    except UserError as error:
        fail(str(error))
    except TlogError as error:
        fail(f"CONTRADICTED: {error}")
    found = reconciliation.differences()
    if json:
        print_object(_object(found, of_node, of_hub))
    else:
        for mark, sentence in _words(found, of_node, of_hub):
            console.print(f"{mark:11}{escape(sentence)}", highlight=False)
    if not found.none:
        sys.exit(2)


def _verified(where: str, key: VerifierKey, what: str, err: Console, take: Callable[[list[bytes]], None]) -> Checkpoint:
    """Gives all leaves of a log to `take`, and its checkpoint back, once everything fits."""
    source = log_source(where)
    signed = verify_checkpoint(Note.parse(source.read_checkpoint()), key).checkpoint
    walk = Walk(source, signed.size)
    for leaves in with_progress(walk, what, signed.size, err):
        take(leaves)
    check_root(walk, signed)
    return signed


def _key_beside(node_log: str) -> str:
    path = Path(node_log)
    beside = path.parent / f"{path.name}.pub"
    if not beside.is_file():
        raise UserError("give --node-key: the verifier key of the node's log, as its first entry at the hub tells it")
    return str(beside)


def _producer(key: VerifierKey) -> str:
    """A node's key is named for its log: an origin, and then the producer."""
    _, _, producer = key.name.partition("/")
    if not producer.startswith("providers/") or "/logs/" not in producer:
        raise UserError(f"--node-key is the key of {key.name}, which is no node's log")
    return producer


def _object(found: Differences, of_node: Checkpoint, of_hub: Checkpoint) -> dict[str, object]:
    return {
        "node_log": {"origin": of_node.origin, "size": of_node.size},
        "hub_log": {"origin": of_hub.origin, "size": of_hub.size},
        "both": found.both,
        "waiting": found.waiting,
        "missing": list(found.missing),
        "unknown": [str(event) for event in found.unknown],
        "differing": [{"event_id": str(one.event_id), "fields": list(one.fields)} for one in found.differing],
        "doubled": [str(event) for event in found.doubled],
        "other_logs": found.other_logs,
    }


def _words(found: Differences, of_node: Checkpoint, of_hub: Checkpoint) -> Iterator[tuple[str, str]]:
    yield "PROVED", f"{of_node.origin} signed this log of {of_node.size:,} entries, and all lead to the signed root"
    yield "PROVED", f"{of_hub.origin} signed a log of {of_hub.size:,} entries, and all lead to the signed root"
    yield "PROVED", f"{found.both:,} events of the node are in both logs, with the same content"
    if found.missing:
        yield "WRONG", f"the hub passed over the node's entries {_some(found.missing)}, and took later ones"
    if found.unknown:
        yield "WRONG", f"the hub's log has events that the node's does not have: {_some(found.unknown)}"
    for one in found.differing[:_MOST]:
        yield "WRONG", f"the logs tell {one.event_id} differently: {', '.join(one.fields)}"
    if len(found.differing) > _MOST:
        yield "WRONG", f"and {len(found.differing) - _MOST:,} more events differently"
    if found.doubled:
        yield "WRONG", f"these events are in a log more than once: {_some(found.doubled)}"
    if found.waiting:
        yield "NOT PROVED", f"the node's newest {found.waiting:,} entries: the hub does not have them yet"
    for log, entries in found.other_logs.items():
        yield "NOT PROVED", f"{entries:,} entries of another log of this provider, {log}: reconcile it by itself"


def _some(values: Sequence[object]) -> str:
    shown = ", ".join(map(str, values[:_MOST]))
    return shown + (f" and {len(values) - _MOST:,} more" if len(values) > _MOST else "")
