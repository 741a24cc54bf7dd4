"""`oncordia catalogue`: what data sets there are. Open to anyone."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from cli.client import Hub
from cli.run import console, print_json, with_hub
from oncordia.catalogue.v1 import messages_pb2, search_pb2

app = typer.Typer(no_args_is_help=True, help="Find data sets. Needs no login.")

Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


@app.command()
def summary(json: Json = False) -> None:
    """Say how much there is in all."""

    async def command(hub: Hub) -> None:
        found = await hub.catalogue.GetSummary(search_pb2.GetSummaryRequest(), metadata=hub.metadata())
        if json:
            print_json(found)
        else:
            console.print(summary_table(found))

    with_hub(command)


def summary_table(found: search_pb2.Summary) -> Table:
    """One line with the sums."""
    table = Table("data sets", "providers", "countries", "subjects", "studies", "series", box=None, pad_edge=False)
    numbers = (found.data_sets, found.providers, found.countries, found.subjects, found.studies, found.series)
    table.add_row(*(f"{number:,}" for number in numbers))
    return table


@app.command()
def search(
    words: Annotated[str, typer.Argument(help="Words to find, all of them.")] = "",
    country: Annotated[list[str] | None, typer.Option(help="Only of this country; may be repeated.")] = None,
    provider: Annotated[list[str] | None, typer.Option(help="Only of this provider; may be repeated.")] = None,
    cancer_type: Annotated[list[str] | None, typer.Option(help="With this cancer type; may be repeated.")] = None,
    modality: Annotated[list[str] | None, typer.Option(help="With this modality; may be repeated.")] = None,
    body_part: Annotated[list[str] | None, typer.Option(help="With this body part; may be repeated.")] = None,
    most: Annotated[int, typer.Option(help="How many at most.")] = 20,
    json: Json = False,
) -> None:
    """Search data sets by words and codes."""

    async def command(hub: Hub) -> None:
        request = search_pb2.SearchDataSetsRequest(
            query=words,
            countries=country,
            providers=provider,
            cancer_types=cancer_type,
            modalities=modality,
            body_parts=body_part,
            page_size=most,
        )
        found = await hub.catalogue.SearchDataSets(request, metadata=hub.metadata())
        if json:
            print_json(found)
            return
        console.print(found_table(found))
        console.print(f"{found.total_size} found", style="dim", highlight=False)
        for facet in found.facets:
            shown = ", ".join(f"{value.label} {value.data_sets}" for value in facet.values[:6])
            console.print(Text(f"{facet.field}: {shown}", style="dim"))

    with_hub(command)


def found_table(found: search_pb2.SearchDataSetsResponse) -> Table:
    """The data sets of a page, best first."""
    table = Table("data set", "", "title", "subjects", "series", "modalities", box=None, pad_edge=False)
    for data_set in found.data_sets:
        table.add_row(
            Text(data_set.name.removeprefix("dataSets/")),
            data_set.country,
            Text(data_set.title),
            f"{data_set.subjects:,}",
            f"{data_set.series:,}",
            Text(" ".join(data_set.modalities)),
        )
    return table


@app.command()
def show(name: Annotated[str, typer.Argument(help="The data set, dataSets/… or its id.")]) -> None:
    """Show one data set."""

    async def command(hub: Hub) -> None:
        full = name if name.startswith("dataSets/") else f"dataSets/{name}"
        print_json(await hub.catalogue.GetDataSet(messages_pb2.GetDataSetRequest(name=full), metadata=hub.metadata()))

    with_hub(command)
