"""The hub and its nodes, brought up together: data are dealt and indexed while the hub starts."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from cli.client import hub
from cli.login import local_token
from cli.profile import Profile, load
from stack.demo.deal import Figures, Package, deal, package
from stack.demo.nodes import NodeFolder, index_all, register_and_enrol
from stack.demo.providers import DemoProvider, ProviderCode, load_providers
from stack.home import Home
from stack.hub import hub_plan
from stack.jars import Jars
from stack.ports import Ports
from stack.process import ProcessName
from stack.run import RunningStack, running
from stack.supervisor import Supervised
from stack.table import lines, table


@dataclass(frozen=True)
class Federation:
    """A hub with its nodes, all ready. `dealt` is what each provider was given, by the package's own count."""

    stack: RunningStack
    profile: Profile
    folders: list[NodeFolder]
    dealt: Mapping[ProviderCode, Figures]


@asynccontextmanager
async def federation(
    home: Home, ports: Ports, jars: Jars, console: Console, providers: Sequence[DemoProvider] | None = None
) -> AsyncIterator[Federation]:
    """Everything up inside the block, everything ended after it. The home must be held. Raises StackError.

    `providers`: by default all of the demo.
    """
    tables = package()
    folders = [NodeFolder(provider, home.nodes / provider.code) for provider in providers or load_providers()]
    bars = Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=console
    )
    dealing = bars.add_task("dealing the real index out to the nodes", total=len(folders))
    indexing = bars.add_task("nodes index their share", total=len(folders))
    enrolling = bars.add_task("nodes enrol by invitation", total=len(folders))
    with Live(bars, console=console, refresh_per_second=8) as live:

        def show(processes: Mapping[ProcessName, Supervised]) -> None:
            live.update(Group(table(lines(processes)), bars))

        preparing = asyncio.create_task(_prepare(folders, tables, bars, dealing, indexing))
        try:
            async with running(hub_plan(home, ports), jars, show) as stack:
                profile = load(home.endpoints)
                await _enrol(profile, folders, bars, enrolling)
                dealt = await preparing
                stack.supervisor.add(stack.deployment.node(folder.process()) for folder in folders)
                await stack.supervisor.start()
                live.stop()
                yield Federation(stack, profile, folders, dealt)
        finally:
            preparing.cancel()
            with suppress(asyncio.CancelledError):
                await preparing


async def _prepare(
    folders: list[NodeFolder], tables: Package, bars: Progress, dealing: TaskID, indexing: TaskID
) -> Mapping[ProviderCode, Figures]:
    by_code = {folder.provider.code: folder for folder in folders}
    for folder in folders:
        folder.write_settings(tables)
    dealt = await asyncio.to_thread(
        deal,
        tables,
        tuple(folder.provider for folder in folders),
        lambda code: by_code[code].source,
        lambda _: bars.advance(dealing),
    )
    await index_all(folders, lambda _: bars.advance(indexing))
    return dealt


async def _enrol(profile: Profile, folders: list[NodeFolder], bars: Progress, enrolling: TaskID) -> None:
    token = await asyncio.to_thread(local_token, profile, "operator")
    async with hub(profile, token) as operator:
        for folder in folders:
            await register_and_enrol(operator, folder)
            bars.advance(enrolling)
