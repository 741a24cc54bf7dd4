"""`oncordia provider`: who takes part."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from cli.client import Hub
from cli.pages import all_of
from cli.run import console, print_json, with_hub
from oncordia.federation.v1 import messages_pb2, provider_pb2

app = typer.Typer(no_args_is_help=True, help="Providers: register, invite, switch off and on.")

Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
Code = Annotated[str, typer.Argument(metavar="PROVIDER", help="The provider's id, or providers/…")]


def full_name(code: str) -> str:
    """`providers/…` of a name or an id."""
    return code if code.startswith("providers/") else f"providers/{code}"


def state_of(provider: provider_pb2.Provider) -> str:
    """The state in words."""
    name = provider_pb2.ProviderState.Name(provider.state)
    return name.removeprefix("PROVIDER_STATE_").lower().replace("_", " ")


@app.command("list")
def list_(json: Json = False) -> None:
    """List the providers and where their nodes stand."""

    async def command(hub: Hub) -> None:
        found = await all_of(
            lambda request: hub.federation.ListProviders(request, metadata=hub.metadata()),
            messages_pb2.ListProvidersRequest(),
            lambda page: page.providers,
        )
        if json:
            print_json(messages_pb2.ListProvidersResponse(providers=found))
        else:
            console.print(providers_table(found))

    with_hub(command)


def providers_table(providers: Iterable[provider_pb2.Provider]) -> Table:
    """A line for each provider."""
    table = Table("provider", "", "name", "state", "data snapshot", "node", "certificate until", box=None)
    for provider in providers:
        until = provider.certificate_expire_time.ToDatetime().date().isoformat()
        table.add_row(
            provider.name,
            provider.country,
            Text(provider.display_name),
            state_of(provider),
            provider.epoch,
            Text(provider.node_version),
            until if provider.certificate_serial else "",
        )
    return table


@app.command()
def logs(
    code: Annotated[str, typer.Argument(metavar="[PROVIDER]", help="Of one provider; else of all.")] = "",
    json: Json = False,
) -> None:
    """List the logs that nodes keep of what they did, and how much of each the hub has.

    `oncordia audit reconcile` compares one with the hub's, event by event.
    """

    async def command(hub: Hub) -> None:
        found = await all_of(
            lambda request: hub.federation.ListNodeLogs(request, metadata=hub.metadata()),
            messages_pb2.ListNodeLogsRequest(parent=full_name(code) if code else ""),
            lambda page: page.node_logs,
        )
        if json:
            print_json(messages_pb2.ListNodeLogsResponse(node_logs=found))
            return
        table = Table("log", "at the node", "at the hub", "newest taken", box=None)
        for one in found:
            newest = f"{one.take_time.ToDatetime():%Y-%m-%d %H:%M:%S} UTC" if one.HasField("take_time") else ""
            table.add_row(one.name, f"{one.node_entries:,}", f"{one.taken_entries:,}", newest)
        console.print(table)

    with_hub(command)


@app.command()
def create(
    code: Code,
    name: Annotated[str, typer.Option(help="The name for people.")],
    country: Annotated[str, typer.Option(help="ISO 3166-1 alpha-2.")],
    organisation: Annotated[str, typer.Option(help="The organisation claim of its stewards' tokens.")] = "",
) -> None:
    """Register a provider."""

    async def command(hub: Hub) -> None:
        provider = provider_pb2.Provider(
            name=full_name(code), display_name=name, country=country, organisation=organisation or code
        )
        request = messages_pb2.CreateProviderRequest(provider=provider)
        created = await hub.federation.CreateProvider(request, metadata=hub.metadata())
        console.print(f"{created.name} is registered; `oncordia provider invite {code}` makes its invitation")

    with_hub(command)


@app.command()
def invite(code: Code, json: Json = False) -> None:
    """Make a one-time invitation for the provider's node."""

    async def command(hub: Hub) -> None:
        request = messages_pb2.CreateInvitationRequest(provider=full_name(code))
        invitation = await hub.federation.CreateInvitation(request, metadata=hub.metadata())
        if json:
            print_json(invitation)
            return
        console.print("Hand this to the provider by a safe way; it works once:", highlight=False)
        console.print(
            f"oncordia-node enrol --address {invitation.enrolment_address} --token {invitation.token} "
            f"--ca-fingerprint {invitation.ca_fingerprint}",
            highlight=False,
            soft_wrap=True,
        )

    with_hub(command)


@app.command()
def disable(code: Code, reason: Annotated[str, typer.Option(help="Why; goes into the audit log.")] = "") -> None:
    """Switch a provider off; its node is disconnected at once."""

    async def command(hub: Hub) -> None:
        request = messages_pb2.DisableProviderRequest(name=full_name(code), reason=reason)
        provider = await hub.federation.DisableProvider(request, metadata=hub.metadata())
        console.print(f"{provider.name} is {state_of(provider)}")

    with_hub(command)


@app.command()
def enable(code: Code) -> None:
    """Switch a provider on again."""

    async def command(hub: Hub) -> None:
        request = messages_pb2.EnableProviderRequest(name=full_name(code))
        provider = await hub.federation.EnableProvider(request, metadata=hub.metadata())
        console.print(f"{provider.name} is {state_of(provider)}")

    with_hub(command)


@app.command()
def revoke(
    code: Code,
    serial: Annotated[str, typer.Option(help="Of one certificate, in hexadecimal; else all are revoked.")] = "",
    reason: Annotated[str, typer.Option(help="Why; goes into the audit log.")] = "",
) -> None:
    """Revoke a provider's certificates and close their streams."""

    async def command(hub: Hub) -> None:
        request = messages_pb2.RevokeCertificateRequest(provider=full_name(code), serial=serial, reason=reason)
        provider = await hub.federation.RevokeCertificate(request, metadata=hub.metadata())
        console.print(f"certificates of {provider.name} are revoked; it is {state_of(provider)}")

    with_hub(command)
