"""What the demo shows, step by step, once everything is up."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from rich.console import Console
from rich.live import Live
from rich.rule import Rule

from cli.audit.entries import entries_table
from cli.audit.evidence import fetch_and_verify, proof_sentence
from cli.audit.options import read_key
from cli.catalogue import found_table, summary_table
from cli.client import Hub, hub
from cli.login import local_token
from cli.provider import providers_table
from cli.query import ask
from cli.query_table import query_table
from cli.trace import show_trace
from cli.waterfall import OwnSpan
from oncordia.audit.v1 import messages_pb2 as audit_pb2
from oncordia.catalogue.v1 import search_pb2
from oncordia.federation.v1 import messages_pb2 as federation_pb2
from oncordia.query.v1 import cohort_query_pb2
from stack.demo.bring_up import Federation
from stack.errors import StackError

QUESTION = (
    'sex = "F" AND in(modality, "MR", "CT") AND under(body_part, "CHEST") AND manufacturer = "SIEMENS" '
    'AND NOT subject(modality = "SEG")'
)
PURPOSE = "feasibility of a demo study"
WORDS = "breast MRI"
# Descriptions come from the nodes by way of Kafka; this is a deadline, not a pause.
CATALOGUE_SECONDS = 60.0


async def tell(federation: Federation, console: Console) -> None:
    """Shows providers, catalogue, query, trace and proof. Raises StackError if one of them does not hold."""
    console.print(
        "The eight providers are [bold]invented[/]; the metadata that they hold are [bold]real[/]: the index of NCI's "
        "Imaging Data Commons (package idc-index-data)."
    )
    async with _as(federation, "operator") as operator:
        _step(console, 2, "eight provider nodes in eight countries, enrolled by invitation, each with its real share")
        page = await operator.federation.ListProviders(
            federation_pb2.ListProvidersRequest(page_size=100), metadata=operator.metadata()
        )
        console.print(providers_table(page.providers))
        series = sum(figures.series for figures in federation.dealt.values())
        console.print(f"{series:,} series in all, every one of the package's own", highlight=False)
    async with _as(federation, "researcher") as researcher:
        _step(console, 3, "the catalogue, open to anyone")
        await _catalogue(federation, researcher, console)
        _step(console, 4, "one cohort query crosses the borders; only protected counts come back")
        query, own = await _query(researcher, console)
        _step(console, 5, "its trace, from the command to the nodes and back")
        await show_trace(researcher, query.trace_id, own)
    async with _as(federation, "auditor") as auditor:
        _step(console, 6, "its entries in the audit log, and a proof that needs no trust in the hub")
        await _proof(federation, auditor, query, console)
    _step(console, 7, "what to type next")
    console.print(
        "make up                                     the same stack, until Ctrl-C; then in another terminal:\n"
        "source .venv/bin/activate\n"
        "oncordia login --as researcher\n"
        "oncordia query variables\n"
        "oncordia query run 'modality = \"MR\" AND age_at_study >= 50' --trace\n"
        "oncordia --help",
        highlight=False,
        markup=False,
    )


def _step(console: Console, number: int, title: str) -> None:
    console.print()
    console.print(Rule(f"{number}. {title}", align="left", style="cyan"))


@asynccontextmanager
async def _as(federation: Federation, who: str) -> AsyncIterator[Hub]:
    token = await asyncio.to_thread(local_token, federation.profile, who)
    async with hub(federation.profile, token) as connected:
        yield connected


async def _catalogue(federation: Federation, anyone: Hub, console: Console) -> None:
    expected = sum(len(folder.provider.collections) for folder in federation.folders)
    deadline = time.monotonic() + CATALOGUE_SECONDS
    while True:
        summary = await anyone.catalogue.GetSummary(search_pb2.GetSummaryRequest())
        if summary.data_sets >= expected:
            break
        if time.monotonic() > deadline:
            raise StackError(f"the catalogue has {summary.data_sets} of {expected} data sets after a minute")
        await asyncio.sleep(0.2)
    console.print(summary_table(summary))
    found = await anyone.catalogue.SearchDataSets(search_pb2.SearchDataSetsRequest(query=WORDS, page_size=5))
    console.print(f'search for "{WORDS}": {found.total_size} data sets, the best of them', highlight=False)
    console.print(found_table(found))


async def _query(researcher: Hub, console: Console) -> tuple[cohort_query_pb2.CohortQuery, OwnSpan]:
    console.print(QUESTION, style="bold", highlight=False, markup=False)
    with Live(console=console, auto_refresh=False) as live:
        query, own = await ask(
            researcher, QUESTION, purpose=PURPOSE, changed=lambda query: live.update(query_table(query), refresh=True)
        )
    console.print(f"{query.name}, trace {query.trace_id}", style="dim", highlight=False)
    return query, own


async def _proof(federation: Federation, auditor: Hub, query: cohort_query_pb2.CohortQuery, console: Console) -> None:
    # One entry for the question, one for each answer, one for the end.
    expected = len(query.answers) + 2
    request = audit_pb2.SearchEntriesRequest(resource=query.name, page_size=100)
    deadline = time.monotonic() + CATALOGUE_SECONDS
    while True:
        page = await auditor.audit.SearchEntries(request, metadata=auditor.metadata())
        if len(page.entries) >= expected:
            break
        if time.monotonic() > deadline:
            raise StackError(f"the audit log has {len(page.entries)} of {expected} entries of the query")
        await asyncio.sleep(0.1)
    console.print(entries_table(list(page.entries)[::-1]))
    key = federation.profile.log_key
    if key is None:
        raise StackError("the stack has no public key of its log")
    _, proven = await fetch_and_verify(auditor, page.entries[-1].name, read_key(str(key)))
    console.print(proof_sentence(proven), style="bold green", highlight=False)
