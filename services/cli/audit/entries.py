"""Searching and showing entries, and the newest checkpoint."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from cli.audit.options import Json
from cli.client import Hub
from cli.pages import all_of
from cli.run import console, print_json, with_hub
from cli.times import time_of
from kit.events.outcome import Outcome
from oncordia.audit.v1 import entry_pb2, messages_pb2


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
        found = await search_entries(hub, request, most)
        if json:
            print_json(messages_pb2.SearchEntriesResponse(entries=found))
        else:
            console.print(entries_table(found))

    with_hub(command)


async def search_entries(
    hub: Hub, request: messages_pb2.SearchEntriesRequest, most: int | None = None
) -> list[entry_pb2.Entry]:
    """The newest that match, over all pages; without `most` all of them."""
    return await all_of(
        lambda page: hub.audit.SearchEntries(page, metadata=hub.metadata()), request, lambda page: page.entries, most
    )


def entries_table(entries: list[entry_pb2.Entry]) -> Table:
    """Entries as a table, in the order given."""
    table = Table("entry", "time", "type", "about", "outcome", "actor", "of", "producer", box=None, pad_edge=False)
    for entry in entries:
        table.add_row(
            str(entry.index),
            entry.time.ToDatetime().isoformat(" ", "milliseconds"),
            entry.type.rpartition(".")[2],
            escape(entry.resource),
            # Most is done, so only what was not is told.
            "" if entry.outcome == Outcome.DONE else escape(entry.outcome),
            entry.actor[:8],
            f"{entry.organisation} {entry.country}".strip(),
            f"{entry.producer} #{entry.producer_number}",
        )
    return table


def show(name: Annotated[str, typer.Argument(help="The entry's number, or events/ and an event id.")]) -> None:
    """Show one entry, with its content if you may read it."""

    async def command(hub: Hub) -> None:
        print_json(
            await hub.audit.GetEntry(messages_pb2.GetEntryRequest(name=full_name(name)), metadata=hub.metadata())
        )

    with_hub(command)


def checkpoint(
    cosigned: Annotated[bool, typer.Option("--cosigned", help="The newest that the hub's witnesses cosigned.")] = False,
) -> None:
    """Print the newest signed checkpoint, a note that anybody's verifier reads."""

    async def command(hub: Hub) -> None:
        request = messages_pb2.GetCheckpointRequest(cosigned=cosigned)
        newest = await hub.audit.GetCheckpoint(request, metadata=hub.metadata())
        console.print(newest.note, highlight=False, markup=False, end="")

    with_hub(command)


def full_name(name: str) -> str:
    """`entries/N` of a number; other names as they are."""
    return f"entries/{name}" if name.isdecimal() else name
