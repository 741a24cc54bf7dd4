"""`oncordia audit`: read the log of everything that happened, and prove it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from cli.client import Hub
from cli.errors import UserError
from cli.pages import all_of
from cli.profile import load
from cli.run import console, print_json, with_hub
from cli.times import time_of
from oncordia.audit.v1 import entry_pb2, messages_pb2
from tlog.errors import TlogError
from tlog.evidence import Evidence, Opening, Proven, verify_evidence
from tlog.hashing import Hash
from tlog.keys import VerifierKey
from tlog.note import Note
from tlog.record import Salt

app = typer.Typer(no_args_is_help=True, help="Read the audit log, and prove that an entry is in it.")

Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]

# Most is done, so only what was not is told.
_DONE = "done"


@app.command()
def search(
    trace: Annotated[str, typer.Option(help="Entries of this trace.")] = "",
    resource: Annotated[str, typer.Option(help="Entries about this resource.")] = "",
    type_: Annotated[str, typer.Option("--type", help="Event type; a trailing * matches any ending.")] = "",
    actor: Annotated[str, typer.Option(help="Entries of this actor handle.")] = "",
    organisation: Annotated[str, typer.Option(help="Entries of people of this organisation.")] = "",
    country: Annotated[str, typer.Option(help="Entries of people of this country, as BE.")] = "",
    outcome: Annotated[str, typer.Option(help="Of done, refused, failed.")] = "",
    permit: Annotated[str, typer.Option(help="What was done under this permit.")] = "",
    since: Annotated[str, typer.Option(help="Not before this date or time (ISO 8601, UTC unless it says).")] = "",
    until: Annotated[str, typer.Option(help="Before this date or time.")] = "",
    most: Annotated[int, typer.Option(help="How many at most.")] = 50,
    json: Json = False,
) -> None:
    """Search the entries that you may see, newest first."""

    async def command(hub: Hub) -> None:
        request = messages_pb2.SearchEntriesRequest(
            trace_id=trace,
            resource=resource,
            type=type_,
            actor=actor,
            organisation=organisation,
            country=country,
            outcome=outcome,
            permit=permit,
            start_time=time_of("--since", since),
            end_time=time_of("--until", until),
        )
        found = await all_of(
            lambda request: hub.audit.SearchEntries(request, metadata=hub.metadata()),
            request,
            lambda page: page.entries,
            most,
        )
        if json:
            print_json(messages_pb2.SearchEntriesResponse(entries=found))
        else:
            console.print(entries_table(found))

    with_hub(command)


def entries_table(entries: list[entry_pb2.Entry]) -> Table:
    """Entries as a table, in the order given."""
    table = Table("entry", "time", "type", "about", "outcome", "actor", "of", "producer", box=None, pad_edge=False)
    for entry in entries:
        table.add_row(
            str(entry.index),
            entry.time.ToDatetime().isoformat(" ", "milliseconds"),
            entry.type.rpartition(".")[2],
            escape(entry.resource),
            "" if entry.outcome == _DONE else escape(entry.outcome),
            entry.actor[:8],
            f"{entry.organisation} {entry.country}".strip(),
            f"{entry.producer} #{entry.producer_number}",
        )
    return table


@app.command()
def show(name: Annotated[str, typer.Argument(help="The entry's number, or events/ and an event id.")]) -> None:
    """Show one entry, with its content if you may read it."""

    async def command(hub: Hub) -> None:
        print_json(
            await hub.audit.GetEntry(messages_pb2.GetEntryRequest(name=full_name(name)), metadata=hub.metadata())
        )

    with_hub(command)


@app.command()
def checkpoint() -> None:
    """Print the newest signed checkpoint, a note that anybody's verifier reads."""

    async def command(hub: Hub) -> None:
        newest = await hub.audit.GetCheckpoint(messages_pb2.GetCheckpointRequest(), metadata=hub.metadata())
        console.print(newest.note, highlight=False, markup=False, end="")

    with_hub(command)


@app.command()
def prove(
    name: Annotated[str, typer.Argument(help="The entry's number, or events/ and an event id.")],
    log_key: Annotated[
        str, typer.Option(help="The log's verifier key, or the file that holds it; else the local hub's log.pub.")
    ] = "",
    out: Annotated[
        Path | None, typer.Option(help="Write the evidence to this file, to be checked years later.")
    ] = None,
) -> None:
    """Fetch an entry's inclusion proof and check it here against the signed checkpoint."""

    async def command(hub: Hub) -> None:
        evidence, proven = await fetch_and_verify(hub, full_name(name), read_key(log_key or _local_key()))
        console.print(proof_sentence(proven), highlight=False)
        if out is not None:
            out.write_bytes(evidence.encode())
            console.print(f"evidence written to {out}", highlight=False)

    with_hub(command)


async def fetch_and_verify(hub: Hub, name: str, key: VerifierKey) -> tuple[Evidence, Proven]:
    """The evidence of an entry, checked with the log's public key alone. Raises UserError if it proves nothing."""
    entry = await hub.audit.GetEntry(messages_pb2.GetEntryRequest(name=name), metadata=hub.metadata())
    # The entry can be read before the next checkpoint is signed.
    await hub.audit.GetCheckpoint(
        messages_pb2.GetCheckpointRequest(at_least_size=entry.index + 1), metadata=hub.metadata(), timeout=10
    )
    proof = await hub.audit.GetInclusionProof(
        messages_pb2.GetInclusionProofRequest(index=entry.index), metadata=hub.metadata()
    )
    opening = Opening(Salt(entry.salt), entry.body) if entry.HasField("salt") and entry.HasField("body") else None
    try:
        evidence = Evidence(
            index=entry.index,
            record=entry.leaf,
            opening=opening,
            hashes=tuple(Hash(h) for h in proof.hashes),
            checkpoint=Note.parse(proof.checkpoint.encode()),
        )
        return evidence, verify_evidence(evidence, key)
    except TlogError as error:
        raise UserError(f"the log's proof of {name} does NOT hold: {error}") from None


def proof_sentence(proven: Proven) -> str:
    """What was proved, in words."""
    content = "its content matches its commitment" if proven.body else "its content was not given, only its record"
    return (
        f"PROVED: entry {proven.index} is in the log of {proven.checkpoint.checkpoint.size:,} entries, "
        f"signed by {proven.checkpoint.checkpoint.origin}; {content}"
    )


def read_key(text: str) -> VerifierKey:
    """A verifier key from its text or from a file. Raises UserError."""
    path = Path(text)
    try:
        return VerifierKey.parse(path.read_text().strip() if path.is_file() else text)
    except TlogError as error:
        raise UserError(f"--log-key is no verifier key: {error}") from None


def _local_key() -> str:
    path = load().log_key
    if path is None:
        raise UserError("give --log-key: the log's verifier key, from a source that you trust, not from the log itself")
    return str(path)


def full_name(name: str) -> str:
    """`entries/N` of a number; other names as they are."""
    return f"entries/{name}" if name.isdecimal() else name
