"""`oncordia query`: ask cohort queries and look at their answers."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer
from rich.live import Live
from rich.markup import escape
from rich.table import Table

from cli.client import Hub, new_traceparent
from cli.pages import all_of
from cli.query_table import query_table
from cli.run import console, print_json, with_hub
from cli.trace import show_trace
from cli.waterfall import OwnSpan
from cohort.model_file import data_model
from oncordia.query.v1 import cohort_query_pb2, messages_pb2

app = typer.Typer(no_args_is_help=True, help="Ask cohort queries: how many subjects, studies and series match.")

Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
Name = Annotated[str, typer.Argument(help="The query, cohortQueries/… or its id.")]


async def ask(
    hub: Hub,
    filter_: str,
    *,
    purpose: str = "",
    providers: tuple[str, ...] = (),
    wait: float = 60.0,
    changed: Callable[[cohort_query_pb2.CohortQuery], None] = lambda _query: None,
) -> tuple[cohort_query_pb2.CohortQuery, OwnSpan]:
    """Asks a query and follows it to its end. Returns it with the span that the command measured itself."""
    traceparent, began = new_traceparent(), time.time_ns()
    wanted = cohort_query_pb2.CohortQuery(filter=filter_, purpose=purpose, providers=providers)
    wanted.deadline.FromDatetime(datetime.now(UTC) + timedelta(seconds=wait))
    request = messages_pb2.CreateCohortQueryRequest(cohort_query=wanted, request_id=str(uuid.uuid4()))
    query = await hub.queries.CreateCohortQuery(request, metadata=hub.metadata(traceparent))
    changed(query)
    watch = messages_pb2.WatchCohortQueryRequest(name=query.name)
    async for query in hub.queries.WatchCohortQuery(watch, metadata=hub.metadata()):
        changed(query)
    return query, OwnSpan("oncordia query run", began, time.time_ns())


@app.command()
def run(
    filter_: Annotated[
        str, typer.Argument(metavar="FILTER", help='For example: modality = "MR" AND age_at_study >= 50')
    ],
    purpose: Annotated[str, typer.Option(help="Why it is asked; goes into the audit log.")] = "",
    provider: Annotated[list[str] | None, typer.Option(help="Ask only this provider; may be repeated.")] = None,
    wait: Annotated[float, typer.Option(help="Seconds to wait for answers.")] = 60.0,
    trace: Annotated[bool, typer.Option("--trace", help="Show the trace afterwards.")] = False,
    json: Json = False,
) -> None:
    """Ask a query and watch its answers arrive."""

    async def command(hub: Hub) -> None:
        providers = tuple(provider or ())
        if json:
            query, _ = await ask(hub, filter_, purpose=purpose, providers=providers, wait=wait)
            print_json(query)
            return
        with Live(console=console, auto_refresh=False) as live:
            query, own = await ask(
                hub,
                filter_,
                purpose=purpose,
                providers=providers,
                wait=wait,
                changed=lambda query: live.update(query_table(query), refresh=True),
            )
        console.print(f"{query.name}, trace {query.trace_id}", style="dim", highlight=False)
        if trace:
            await show_trace(hub, query.trace_id, own)

    with_hub(command)


@app.command()
def show(name: Name, json: Json = False) -> None:
    """Show a query and its answers."""

    async def command(hub: Hub) -> None:
        request = messages_pb2.GetCohortQueryRequest(name=full_name(name))
        query = await hub.queries.GetCohortQuery(request, metadata=hub.metadata())
        if json:
            print_json(query)
            return
        console.print(query.canonical_filter, style="bold", highlight=False, markup=False)
        console.print(query_table(query))

    with_hub(command)


@app.command("list")
def list_(json: Json = False, most: Annotated[int, typer.Option(help="How many at most.")] = 20) -> None:
    """List your queries, newest first."""

    async def command(hub: Hub) -> None:
        found = await all_of(
            lambda request: hub.queries.ListCohortQueries(request, metadata=hub.metadata()),
            messages_pb2.ListCohortQueriesRequest(),
            lambda page: page.cohort_queries,
            most,
        )
        if json:
            print_json(messages_pb2.ListCohortQueriesResponse(cohort_queries=found))
            return
        table = Table("asked", "query", "state", "filter", box=None)
        for query in found:
            state = cohort_query_pb2.CohortQueryState.Name(query.state).removeprefix("COHORT_QUERY_STATE_").lower()
            asked = query.create_time.ToDatetime().isoformat(" ", "seconds")
            table.add_row(asked, query.name, state, escape(query.canonical_filter))
        console.print(table)

    with_hub(command)


@app.command()
def cancel(name: Name) -> None:
    """Cancel a running query; the answers that are there stay."""

    async def command(hub: Hub) -> None:
        request = messages_pb2.CancelCohortQueryRequest(name=full_name(name))
        query = await hub.queries.CancelCohortQuery(request, metadata=hub.metadata())
        console.print(query_table(query))

    with_hub(command)


@app.command()
def variables() -> None:
    """List the variables that a query can use."""
    table = Table("variable", "type", "level", "unit", "what it is", box=None)
    for variable in data_model():
        table.add_row(variable.name, variable.type.value, variable.level.value, variable.unit or "", variable.label)
    console.print(table)


def full_name(name: str) -> str:
    """`cohortQueries/…` of a name or an id."""
    return name if name.startswith("cohortQueries/") else f"cohortQueries/{name}"
