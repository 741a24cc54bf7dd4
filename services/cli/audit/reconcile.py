"""`oncordia audit reconcile`: a node's own log against the hub's."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from cli.audit.findings import print_findings
from cli.audit.log_source import log_source
from cli.audit.options import Json, LogKey, log_key_of, read_key
from cli.audit.reconciliation import Differences, Reconciliation
from cli.audit.verify import local_tiles
from cli.audit.walking import with_progress
from cli.audit.whole_log import check_root
from cli.errors import UserError
from cli.run import fail, print_object
from tlog.checkpoint import Checkpoint
from tlog.errors import TlogError
from tlog.keys import VerifierKey
from tlog.note import Note
from tlog.signing import verify_checkpoint
from tlog.walk import Walk

_MOST = 20


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What was found of one node's log."""

    checkpoint: Checkpoint
    found: Differences


def reconcile(
    node_log: Annotated[list[str], typer.Argument(help="Directories or URLs with logs of nodes, at a node log/ID.")],
    log: Annotated[str, typer.Option(help="A directory or URL with the hub's log; else the local hub's.")] = "",
    log_key: LogKey = "",
    node_key: Annotated[
        list[str] | None,
        typer.Option(help="The verifier key of each node's log, or its file; else ID.pub beside the directory."),
    ] = None,
    json: Json = False,
) -> None:
    """Compare nodes' own logs with the hub's, event by event, and name every difference.

    All logs are verified first. Ends with 1 if one contradicts itself, with 2 if they differ. Nothing but public files
    is read, so a provider, the hub's operator and an auditor come to the same result.
    """
    try:
        keys = [read_key(one, "--node-key") for one in node_key or map(_key_beside, node_log)]
        if len(keys) != len(node_log):
            raise UserError(f"give as many --node-key as logs, in their order: there are {len(node_log)} logs")
        hub, reconciled = _reconciled(list(zip(node_log, keys, strict=True)), log or local_tiles(), log_key_of(log_key))
    except UserError as error:
        fail(str(error))
    except TlogError as error:
        fail(f"CONTRADICTED: {error}")
    if json:
        print_object({"hub_log": _of(hub), "node_logs": [_object(one) for one in reconciled]})
    else:
        print_findings([_signed(hub), *(finding for one in reconciled for finding in _words(one))])
    if not all(one.found.none for one in reconciled):
        sys.exit(2)


def _reconciled(
    nodes: Sequence[tuple[str, VerifierKey]], hub: str, hub_key: VerifierKey
) -> tuple[Checkpoint, list[Reconciled]]:
    """The hub's checkpoint, and what was found of each node's log. Raises UserError, TlogError."""
    err = Console(stderr=True)
    begun = [(Reconciliation(_producer(key)), where, key) for where, key in nodes]
    checkpoints = [
        _verified(where, key, f"reading {where}", err, reconciliation.at_node) for reconciliation, where, key in begun
    ]

    def at_hub(leaves: list[bytes]) -> None:
        for reconciliation, _, _ in begun:
            reconciliation.at_hub(leaves)

    # Once for all of them: it is the long one.
    of_hub = _verified(hub, hub_key, "reading the hub's log", err, at_hub)
    found = [reconciliation.differences() for reconciliation, _, _ in begun]
    return of_hub, list(map(Reconciled, checkpoints, found))


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


def _of(checkpoint: Checkpoint) -> dict[str, object]:
    return {"origin": checkpoint.origin, "size": checkpoint.size}


def _object(one: Reconciled) -> dict[str, object]:
    found = one.found
    return {
        **_of(one.checkpoint),
        "both": found.both,
        "waiting": found.waiting,
        "missing": list(found.missing),
        "unknown": [str(event) for event in found.unknown],
        "differing": [{"event_id": str(each.event_id), "fields": list(each.fields)} for each in found.differing],
        "doubled": [str(event) for event in found.doubled],
        "other_logs": found.other_logs,
    }


def _signed(checkpoint: Checkpoint) -> tuple[str, str]:
    name, size = checkpoint.origin, checkpoint.size
    return "PROVED", f"{name} signed a log of {size:,} entries, and all lead to the signed root"


def _words(one: Reconciled) -> Iterator[tuple[str, str]]:
    found = one.found
    yield _signed(one.checkpoint)
    yield "PROVED", f"{found.both:,} of them are in the hub's log too, with the same content"
    if found.missing:
        yield "WRONG", f"the hub passed over the node's entries {_some(found.missing)}, and took later ones"
    if found.unknown:
        yield "WRONG", f"the hub's log has events that the node's does not have: {_some(found.unknown)}"
    for each in found.differing[:_MOST]:
        yield "WRONG", f"the logs tell {each.event_id} differently: {', '.join(each.fields)}"
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
