"""The whole embedded stack with three real nodes, kept up by its own supervisor while a test takes parts away."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping
from contextlib import asynccontextmanager, closing, contextmanager, suppress
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

import asyncpg
import psutil
from rich.console import Console

from cli.client import Hub, hub
from cli.login import local_token
from stack.cache import cache_directory
from stack.demo.bring_up import Federation, federation
from stack.demo.providers import CollectionId, DemoProvider, ProviderCode, Rules
from stack.home import Home
from stack.jars import KAFKA_LOCK, fetch
from stack.ports import Ports
from stack.postgres import DATABASE
from stack.process import ProcessName
from stack.supervisor import ProcessState, Supervised
from tests.world import until, wait_until

T = TypeVar("T")

UP_SECONDS = 900.0
AGAIN_SECONDS = 300.0


def _provider(code: str, country: str, *collections: str) -> DemoProvider:
    rules = Rules(Decimal("0.5"), minimum_count=10, rounding=5, max_studies=6, max_series=60)
    named = tuple(CollectionId(collection) for collection in collections)
    return DemoProvider(ProviderCode(code), f"{code} (invented)", country, rules, named)


# Small shares of the real index.
PROVIDERS = (
    _provider("ghent", "BE", "qin_breast", "pancreas_ct"),
    _provider("porto", "PT", "tcga_kich", "soft_tissue_sarcoma"),
    _provider("graz", "AT", "cmb_gec", "prostate_mri"),
)


@dataclass(frozen=True)
class WholeStack:
    """A stack that is up. Its methods may be called from any thread but the supervisor's own."""

    home: Home
    up: Federation
    _loop: asyncio.AbstractEventLoop

    @property
    def processes(self) -> Mapping[ProcessName, Supervised]:
        return self.up.stack.supervisor.processes

    @property
    def providers(self) -> set[str]:
        """Resource names of those whose nodes run here."""
        return {f"providers/{folder.provider.code}" for folder in self.up.folders}

    def kill(self, name: str) -> None:
        """SIGKILL. The supervisor sees it and starts the process again; does not wait for that."""
        process = self.processes[ProcessName(name)]
        assert process.pid is not None, f"{name} does not run"
        # Not only when the supervisor notices: whoever waits for it must not see the readiness of before.
        self._on_loop(process.ready.clear)
        os.kill(process.pid, signal.SIGKILL)

    async def ready(self, name: str) -> None:
        """Waits until the process is up."""
        process = self.processes[ProcessName(name)]

        async def is_up() -> bool:
            return process.ready.is_set() and process.state is ProcessState.READY

        await until(is_up, AGAIN_SECONDS)

    async def pause(self, name: str) -> None:
        """Ends the process in order, and leaves it down until `resume`."""
        await self._wait(self.up.stack.supervisor.pause(ProcessName(name)))

    async def resume(self, name: str) -> None:
        await self._wait(self.up.stack.supervisor.resume(ProcessName(name)))

    @contextmanager
    def frozen(self, name: str) -> Iterator[None]:
        """The process does nothing in the block, and its connections stay open: SIGSTOP."""
        main = psutil.Process(self.processes[ProcessName(name)].pid)
        main.suspend()
        # PostgreSQL's own are in groups of their own. Nobody starts more of them now.
        stopped = [main, *main.children(recursive=True)]
        for process in stopped[1:]:
            process.suspend()
        try:
            yield
        finally:
            for process in reversed(stopped):
                with suppress(psutil.NoSuchProcess):  # it may have been killed meanwhile
                    process.resume()

    def runs(self) -> dict[ProcessName, int]:
        """How often each process was started again."""
        return {name: process.restarts for name, process in self.processes.items()}

    def log(self, name: str) -> str:
        """All that a process has written."""
        return (self.home.logs / f"{name}.log").read_text(errors="replace")

    @asynccontextmanager
    async def signed_in(self, who: str) -> AsyncIterator[Hub]:
        """The hub, as one of the invented users calls it."""
        token = await asyncio.to_thread(local_token, self.up.profile, who)
        async with hub(self.up.profile, token) as connected:
            yield connected

    @asynccontextmanager
    async def database(self) -> AsyncIterator[asyncpg.Connection]:
        """Looks into the tables of all services."""
        connection = await asyncpg.connect(self.up.stack.deployment.postgres.admin_url(DATABASE))
        try:
            yield connection
        finally:
            await connection.close()

    def at_node(self, code: str, file: str, sql: str) -> list[tuple[Any, ...]]:
        """Rows of a node's ledger.sqlite or journal.sqlite."""
        path = self.home.nodes / code / file
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30)) as connection:
            return connection.execute(sql).fetchall()

    def _on_loop(self, work: Callable[[], None]) -> None:
        done = threading.Event()
        self._loop.call_soon_threadsafe(work)
        self._loop.call_soon_threadsafe(done.set)
        assert done.wait(10)

    async def _wait(self, work: Coroutine[Any, Any, T]) -> T:
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._loop))


@contextmanager
def whole_stack(directory: Path, providers: tuple[DemoProvider, ...] = PROVIDERS) -> Iterator[WholeStack]:
    """Up in the block, with a supervisor in a thread of its own; all ended after it."""
    home = Home(directory)
    loop = asyncio.new_event_loop()
    # The kernel ends the processes with the thread that started them, so it lives as long as they.
    thread = threading.Thread(target=loop.run_forever, name="supervisor", daemon=True)
    thread.start()
    with home.hold():
        found: list[Federation] = []
        over = asyncio.Event()

        async def hold() -> None:
            jars = await asyncio.to_thread(fetch, KAFKA_LOCK, cache_directory())
            async with federation(home, Ports(home.ports), jars, Console(quiet=True), providers) as up:
                found.append(up)
                await over.wait()

        holding = asyncio.run_coroutine_threadsafe(hold(), loop)
        try:
            wait_until(lambda: bool(found) or holding.done(), UP_SECONDS)
            if holding.done():
                holding.result()
            yield WholeStack(home, found[0], loop)
        finally:
            loop.call_soon_threadsafe(over.set)
            try:
                holding.result(120)
            finally:
                loop.call_soon_threadsafe(loop.stop)
                thread.join()
                loop.close()
