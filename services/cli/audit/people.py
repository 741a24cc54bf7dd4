"""Who is behind a handle, and forgetting people."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import typer
from google.protobuf.timestamp_pb2 import Timestamp
from rich.markup import escape
from rich.table import Table

from cli.audit.options import Json
from cli.client import Hub
from cli.pages import all_of
from cli.run import console, fail, print_json, with_hub
from oncordia.audit.v1 import erasure_pb2, identity_pb2


def who(
    actor: Annotated[str, typer.Argument(help="A handle, as entries carry it.")],
    json: Json = False,
) -> None:
    """Tell who is behind a handle. For auditors; that you asked is recorded."""

    async def command(hub: Hub) -> None:
        request = identity_pb2.ResolveActorRequest(actor=actor)
        identity = await hub.audit.ResolveActor(request, metadata=hub.metadata())
        if json:
            print_json(identity)
            return
        named = {
            "name": identity.display_name,
            "subject": identity.token_subject,
            "issuer": identity.issuer,
            "organisation": identity.organisation,
            "handle of": str(identity.year),
        }
        for label, value in named.items():
            console.print(f"{label:14}{escape(value)}", highlight=False, soft_wrap=True)
        if identity.erasure:
            console.print(restriction_words(identity), style="bold yellow", highlight=False, soft_wrap=True)

    with_hub(command)


def restriction_words(identity: identity_pb2.Identity) -> str:
    """What may be done with the name of somebody who asked to be forgotten."""
    return (
        f"RESTRICTED until {_day(identity.restricted_until)} ({identity.erasure}): this person asked to be forgotten. "
        "Use the name only for what the law still asks to know it for (GDPR, article 18)."
    )


def erase(
    actor: Annotated[str, typer.Option(help="A handle of the person, as entries carry it.")] = "",
    issuer: Annotated[
        str, typer.Option(help="The issuer of the person's tokens; their subject claim is asked for.")
    ] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask whether you mean it.")] = False,
    json: Json = False,
) -> None:
    """Have a person forgotten, as soon as no law asks to know who they were. For operators; it is recorded.

    The subject claim is read from the terminal or a pipe, so that it stands in no shell's history.
    """
    if bool(actor) == bool(issuer):
        fail("give --actor or --issuer: which person?")
    request = erasure_pb2.RequestErasureRequest(actor=actor)
    if issuer:
        subject = typer.prompt("Subject claim of the person's tokens", err=True)
        holder = erasure_pb2.TokenHolder(issuer=issuer, token_subject=subject)
        request = erasure_pb2.RequestErasureRequest(token_holder=holder)
    if not yes:
        typer.confirm("A person who was forgotten can't be remembered again. Go on?", abort=True, err=True)

    async def command(hub: Hub) -> None:
        erasure = await hub.audit.RequestErasure(request, metadata=hub.metadata())
        if json:
            print_json(erasure)
        else:
            console.print(f"{erasure.name}: {state_words(erasure)}", highlight=False, soft_wrap=True)

    with_hub(command)


def erasures(
    most: Annotated[int, typer.Option(help="How many at most.")] = 50,
    json: Json = False,
) -> None:
    """List who asked to be forgotten, without names, and which services have confirmed it."""

    async def command(hub: Hub) -> None:
        found = await all_of(
            lambda page: hub.audit.ListErasures(page, metadata=hub.metadata()),
            erasure_pb2.ListErasuresRequest(),
            lambda page: page.erasures,
            most,
        )
        if json:
            print_json(erasure_pb2.ListErasuresResponse(erasures=found))
        else:
            console.print(erasures_table(found))

    with_hub(command)


def erasures_table(found: Sequence[erasure_pb2.Erasure]) -> Table:
    """A line for each."""
    table = Table("erasure", "asked", "state", "confirmed by", "awaited", box=None, pad_edge=False)
    for one in found:
        table.add_row(
            one.name, _day(one.request_time), state_words(one), ", ".join(one.confirmed), ", ".join(one.awaited)
        )
    return table


def state_words(erasure: erasure_pb2.Erasure) -> str:
    """How far it is."""
    match erasure.state:
        case erasure_pb2.Erasure.STATE_RESTRICTED:
            return f"restricted until {_day(erasure.restricted_until)}"
        case erasure_pb2.Erasure.STATE_ERASING:
            return f"forgotten on {_day(erasure.erase_time)}, services yet to confirm"
        case erasure_pb2.Erasure.STATE_ERASED:
            return f"forgotten on {_day(erasure.erase_time)}"
        case _:
            return "unknown"


def _day(time: Timestamp) -> str:
    moment: datetime = time.ToDatetime()
    return f"{moment:%Y-%m-%d}"
