"""`oncordia audit story`: what became of a query."""

from __future__ import annotations

from typing import Annotated

import grpc
import typer
from rich.markup import escape

from cli.audit.entries import search_entries
from cli.audit.evidence import fetch_and_verify
from cli.audit.options import Json, LogKey, log_key_of
from cli.audit.story_words import story_words
from cli.client import Hub
from cli.errors import UserError
from cli.run import console, print_object, with_hub
from oncordia.audit.v1 import entry_pb2, messages_pb2
from oncordia.events.v1 import query_pb2
from oncordia.insights.v1 import insights_service_pb2, trace_pb2


def story(
    query: Annotated[str, typer.Argument(help="The query, cohortQueries/… or its id.")],
    log_key: LogKey = "",
    json: Json = False,
) -> None:
    """Tell in sentences what became of a query: who asked what, which countries answered, what was refused.

    Every entry that it tells of is proved first. For auditors, because it reads contents; reading them is recorded.
    """
    name = query if "/" in query else f"cohortQueries/{query}"

    async def command(hub: Hub) -> None:
        entries = await _entries_of(hub, name)
        key = log_key_of(log_key)
        proven = [(await fetch_and_verify(hub, entry.name, key))[1] for entry in entries]
        bodies = [one.body for one in proven if one.body is not None]
        if len(bodies) < len(proven):
            raise UserError(
                f"the contents of {len(proven) - len(bodies)} entries of {name} are not yours to read, or gone"
            )
        sentences = story_words(bodies, await _trace_of(hub, entries))
        if json:
            print_object({"query": name, "entries": [entry.index for entry in entries], "story": sentences})
            return
        for sentence in sentences:
            console.print(escape(sentence), highlight=False)
        console.print(f"Each of these {len(proven)} entries was proved to be in the signed log.", style="bold green")

    with_hub(command)


async def _entries_of(hub: Hub, query: str) -> list[entry_pb2.Entry]:
    """What was logged about the query or in its trace, in the order of the log. Raises UserError for nothing."""
    about = await search_entries(hub, messages_pb2.SearchEntriesRequest(resource=query))
    if not about:
        raise UserError(f"the log has no entry about {query} that you may see")
    traces = {entry.trace_id for entry in about if entry.type == query_pb2.CohortQueryCreated.DESCRIPTOR.full_name}
    requests = [messages_pb2.SearchEntriesRequest(trace_id=trace_id) for trace_id in traces if trace_id]
    traced = [entry for request in requests for entry in await search_entries(hub, request)]
    return [entry for _, entry in sorted({entry.index: entry for entry in (*about, *traced)}.items())]


async def _trace_of(hub: Hub, entries: list[entry_pb2.Entry]) -> trace_pb2.Trace | None:
    request = insights_service_pb2.GetTraceRequest(trace_id=entries[0].trace_id)
    try:
        return await hub.insights.GetTrace(request, metadata=hub.metadata())
    except grpc.aio.AioRpcError as error:
        if error.code() is grpc.StatusCode.NOT_FOUND:
            return None
        raise
