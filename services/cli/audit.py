"""`oncordia audit`: read the log of everything that happened, and prove it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import grpc
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from cli.check import told_by
from cli.client import Hub
from cli.errors import UserError
from cli.newest_checkpoint import wait_cosigned, wait_signed
from cli.pages import all_of
from cli.profile import load
from cli.run import console, fail, print_json, print_object, with_hub
from cli.story import story as told
from cli.times import time_of
from cli.verified import state_file
from cli.verify import Asked, verify_log
from cli.verify_words import json_of, words_of
from cli.witness_trust import Trust, seen_by, trust_of, unchecked
from oncordia.audit.v1 import entry_pb2, messages_pb2
from oncordia.events.v1 import query_pb2
from oncordia.insights.v1 import insights_service_pb2, trace_pb2
from tlog.errors import FormatError, TlogError
from tlog.evidence import Evidence, Opening, Proven, verify_evidence
from tlog.hashing import Hash
from tlog.keys import VerifierKey
from tlog.note import Note
from tlog.record import Salt

app = typer.Typer(no_args_is_help=True, help="Read the audit log, and prove that an entry is in it.")

Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
Witnesses = Annotated[
    list[str] | None,
    typer.Option("--witness", help="A witness's verifier key or its file; it must have cosigned. Repeatable."),
]
PolicyFile = Annotated[
    Path | None, typer.Option("--policy", help="A witness policy (c2sp.org/tlog-policy) that must be met.")
]

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
def checkpoint(
    cosigned: Annotated[bool, typer.Option("--cosigned", help="The newest that the hub's witnesses cosigned.")] = False,
) -> None:
    """Print the newest signed checkpoint, a note that anybody's verifier reads."""

    async def command(hub: Hub) -> None:
        request = messages_pb2.GetCheckpointRequest(cosigned=cosigned)
        newest = await hub.audit.GetCheckpoint(request, metadata=hub.metadata())
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
    witness: Witnesses = None,
    policy: PolicyFile = None,
) -> None:
    """Fetch an entry's inclusion proof and check it here against the signed checkpoint.

    Where the hub has witnesses, against the newest that they cosigned, so that the evidence carries their cosignatures.
    """

    async def command(hub: Hub) -> None:
        key = read_key(log_key or _local_key())
        trust = trust_of([read_key(one, "--witness") for one in witness or ()], policy, key)
        evidence, proven = await fetch_and_verify(hub, full_name(name), key, trust)
        console.print(proof_sentence(proven), highlight=False)
        if names := unchecked(evidence.checkpoint, proven.checkpoint):
            console.print(
                f"cosigned also by {', '.join(names)}, not checked: give --witness or --policy", highlight=False
            )
        if out is not None:
            out.write_bytes(evidence.encode())
            console.print(f"evidence written to {out}", highlight=False)

    with_hub(command)


@app.command()
def story(
    query: Annotated[str, typer.Argument(help="The query, cohortQueries/… or its id.")],
    log_key: Annotated[str, typer.Option(help="The log's verifier key, or the file that holds it.")] = "",
    json: Json = False,
) -> None:
    """Tell in sentences what became of a query: who asked what, which countries answered, what was refused.

    Every entry that it tells of is proved first. For auditors, because it reads contents; reading them is recorded.
    """
    name = query if "/" in query else f"cohortQueries/{query}"

    async def command(hub: Hub) -> None:
        entries = await _entries_of(hub, name)
        key = read_key(log_key or _local_key())
        proven = [(await fetch_and_verify(hub, entry.name, key))[1] for entry in entries]
        bodies = [one.body for one in proven if one.body is not None]
        if len(bodies) < len(proven):
            raise UserError(
                f"the contents of {len(proven) - len(bodies)} entries of {name} are not yours to read, or gone"
            )
        sentences = told(bodies, await _trace_of(hub, entries))
        if json:
            print_object({"query": name, "entries": [entry.index for entry in entries], "story": sentences})
            return
        for sentence in sentences:
            console.print(escape(sentence), highlight=False)
        console.print(f"Each of these {len(proven)} entries was proved to be in the signed log.", style="bold green")

    with_hub(command)


async def _entries_of(hub: Hub, query: str) -> list[entry_pb2.Entry]:
    """What was logged about the query or in its trace, in the order of the log. Raises UserError for nothing."""

    async def search(request: messages_pb2.SearchEntriesRequest) -> list[entry_pb2.Entry]:
        return await all_of(
            lambda page: hub.audit.SearchEntries(page, metadata=hub.metadata()),
            request,
            lambda page: page.entries,
            None,
        )

    about = await search(messages_pb2.SearchEntriesRequest(resource=query))
    if not about:
        raise UserError(f"the log has no entry about {query} that you may see")
    traces = {entry.trace_id for entry in about if entry.type == query_pb2.CohortQueryCreated.DESCRIPTOR.full_name}
    requests = [messages_pb2.SearchEntriesRequest(trace_id=trace_id) for trace_id in traces if trace_id]
    traced = [entry for request in requests for entry in await search(request)]
    return [entry for _, entry in sorted({entry.index: entry for entry in (*about, *traced)}.items())]


async def _trace_of(hub: Hub, entries: list[entry_pb2.Entry]) -> trace_pb2.Trace | None:
    request = insights_service_pb2.GetTraceRequest(trace_id=entries[0].trace_id)
    try:
        return await hub.insights.GetTrace(request, metadata=hub.metadata())
    except grpc.aio.AioRpcError as error:
        if error.code() is grpc.StatusCode.NOT_FOUND:
            return None
        raise


@app.command()
def check(
    files: Annotated[list[Path], typer.Argument(help="Evidence, as `oncordia audit prove --out` wrote it.")],
    log_key: Annotated[str, typer.Option(help="The log's verifier key, or the file that holds it.")] = "",
    witness: Witnesses = None,
    policy: PolicyFile = None,
    json: Json = False,
) -> None:
    """Verify evidence that somebody kept. Needs no hub and no network, only the keys."""
    try:
        key = read_key(log_key or _local_key())
        trust = trust_of([read_key(one, "--witness") for one in witness or ()], policy, key)
        proven = [_checked(file, key, trust) for file in files]
    except UserError as error:
        fail(str(error))
    if json:
        print_object([told_by(one) for one in proven])
        return
    for one in proven:
        console.print(proof_sentence(one), highlight=False)
        for name, value in told_by(one).items():
            console.print(f"  {name:16}{escape(value)}", highlight=False, soft_wrap=True)


def _checked(file: Path, key: VerifierKey, trust: Trust) -> Proven:
    try:
        proven = verify_evidence(Evidence.decode(file.read_bytes()), key, trust.keys)
        trust.require(proven.checkpoint)
        return proven
    except UserError as error:
        raise UserError(f"{file}: {error}") from None
    except OSError as error:
        raise UserError(f"{file} can't be read: {error.strerror}") from None
    except FormatError as error:
        raise UserError(f"{file} is no evidence, or damaged: {error}") from None
    except TlogError as error:
        raise UserError(f"{file} proves NOTHING: {error}") from None


@app.command()
def verify(
    log: Annotated[
        str, typer.Argument(help="A directory or URL with the log's checkpoint and tiles; else the local hub's.")
    ] = "",
    log_key: Annotated[str, typer.Option(help="The log's verifier key, or the file that holds it.")] = "",
    witness: Annotated[list[str] | None, typer.Option(help="A witness's verifier key or its file; repeatable.")] = None,
    checkpoint: Annotated[
        list[Path] | None, typer.Option(help="A checkpoint that you or somebody else was shown before; repeatable.")
    ] = None,
    state: Annotated[
        Path | None, typer.Option(help="Where to remember what was verified; by default a file of yours for each log.")
    ] = None,
    afresh: Annotated[
        bool, typer.Option("--afresh", help="Begin at the first entry, not where the last run ended.")
    ] = False,
    json: Json = False,
) -> None:
    """Verify the whole log from its files alone, and say what is proved and what is not.

    Interrupt it at will: the next run goes on. Ends with 1 if anything contradicts, with 2 if events are missing or
    are there twice.
    """
    try:
        key = read_key(log_key or _local_key())
        asked = Asked(
            where=log or _local_tiles(),
            log=key,
            witnesses=tuple(read_key(one, "--witness") for one in witness or ()),
            seen=tuple(checkpoint or ()),
            state=state or state_file(key),
            afresh=afresh,
        )
        found = verify_log(asked, Console(stderr=True))
    except UserError as error:
        fail(str(error))
    except TlogError as error:
        fail(f"CONTRADICTED: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
    words = words_of(found, asked)
    if json:
        print_object(json_of(found, words))
    else:
        for mark, sentences in (("PROVED", words.proved), ("WRONG", words.wrong), ("NOT PROVED", words.not_proved)):
            for sentence in sentences:
                console.print(f"{mark:11}{escape(sentence)}", highlight=False)
    if words.wrong:
        sys.exit(2)


async def fetch_and_verify(
    hub: Hub, name: str, key: VerifierKey, trust: Trust | None = None
) -> tuple[Evidence, Proven]:
    """The evidence of an entry, checked with the log's public key alone, or with `trust` also for who has cosigned it.

    Raises UserError if it proves nothing.
    """
    entry = await hub.audit.GetEntry(messages_pb2.GetEntryRequest(name=name), metadata=hub.metadata())
    # The entry can be read before the next checkpoint is signed.
    if trust is None:
        await wait_signed(hub, entry.index + 1)
        cosigned = False
    else:
        cosigned = await wait_cosigned(hub, entry.index + 1, needed=trust.needs_witnesses)
    proof = await hub.audit.GetInclusionProof(
        messages_pb2.GetInclusionProofRequest(index=entry.index, cosigned=cosigned), metadata=hub.metadata()
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
        proven = verify_evidence(evidence, key, trust.keys if trust is not None else ())
        if trust is not None:
            trust.require(proven.checkpoint)
        return evidence, proven
    except TlogError as error:
        raise UserError(f"the log's proof of {name} does NOT hold: {error}") from None


def proof_sentence(proven: Proven) -> str:
    """What was proved, in words."""
    content = "its content matches its commitment" if proven.body else "its content was not given, only its record"
    return (
        f"PROVED: entry {proven.index} is in the log of {proven.checkpoint.checkpoint.size:,} entries, "
        f"signed by {proven.checkpoint.checkpoint.origin}{seen_by(proven.checkpoint)}; {content}"
    )


def read_key(text: str, option: str = "--log-key") -> VerifierKey:
    """A verifier key from its text or from a file. Raises UserError naming the option."""
    path = Path(text)
    try:
        return VerifierKey.parse(path.read_text().strip() if path.is_file() else text)
    except TlogError as error:
        raise UserError(f"{option} is no verifier key: {error}") from None


def _local_key() -> str:
    path = load().log_key
    if path is None:
        raise UserError("give --log-key: the log's verifier key, from a source that you trust, not from the log itself")
    return str(path)


def _local_tiles() -> str:
    tiles = load().tiles
    if tiles is None:
        raise UserError("name the log: a directory or a URL with its checkpoint and tiles")
    return tiles


def full_name(name: str) -> str:
    """`entries/N` of a number; other names as they are."""
    return f"entries/{name}" if name.isdecimal() else name
