"""Measures the figures and writes them down: JSON for each, and a page of all.

    python -m tests.bench [FIGURE ...] [--profile ENDPOINTS] [--results DIRECTORY]

`--profile` names the endpoints.json of a stack that runs (`make up`), to measure that one.
"""

import argparse
import asyncio
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from cli.profile import Profile, load
from stack.demo.bring_up import federation
from stack.home import Home
from stack.ports import Ports
from stack.run import fetch_kafka
from tests.bench import (
    audit_inclusion,
    audit_ingest,
    audit_latency,
    audit_search,
    audit_tree,
    audit_verify,
    demo,
    indexing,
    node_memory,
    query,
)
from tests.bench.figure import Figure, read
from tests.bench.machine import machine
from tests.bench.page import page

RESULTS = Path(__file__).parents[2] / "docs" / "figures"

# Each brings up what it needs by itself.
ALONE: dict[str, Callable[[], Figure]] = {
    "demo": demo.measure,
    "indexing": indexing.measure,
    "audit_ingest": audit_ingest.measure,
    "audit_search": audit_search.measure,
    "audit_tree": audit_tree.measure,
    "audit_inclusion": audit_inclusion.measure,
    "audit_verify": audit_verify.measure,
}
# Measured on a hub with eight nodes; one is brought up for all of them.
ON_A_FEDERATION: dict[str, Callable[[Profile], Awaitable[Figure]]] = {
    "node_memory": node_memory.measure,
    "query_stored": query.measure_stored,
    "query_new": query.measure_new,
    "audit_latency": audit_latency.measure,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("figures", nargs="*", metavar="FIGURE", help=f"of {', '.join((*ALONE, *ON_A_FEDERATION))}")
    parser.add_argument("--profile", type=Path, help="the endpoints.json of a stack that runs")
    parser.add_argument("--results", type=Path, default=RESULTS, help="the directory of the JSON files")
    arguments = parser.parse_args()
    wanted = arguments.figures or [*ALONE, *ON_A_FEDERATION]
    if unknown := set(wanted) - ALONE.keys() - ON_A_FEDERATION.keys():
        parser.error(f"there is no figure {', '.join(sorted(unknown))}")
    for name in (name for name in ALONE if name in wanted):
        about = machine()
        _keep(replace(ALONE[name](), machine=about), arguments.results)
    if on_a_federation := [name for name in ON_A_FEDERATION if name in wanted]:
        asyncio.run(_on_a_federation(on_a_federation, arguments.profile, arguments.results))


async def _on_a_federation(names: list[str], profile: Path | None, results: Path) -> None:
    if profile is not None:
        await _measure(names, load(profile), results)
        return
    with tempfile.TemporaryDirectory(prefix="oncordia-bench-") as directory:
        home = Home(Path(directory))
        with home.hold():
            async with federation(home, Ports(home.ports), fetch_kafka(), Console(stderr=True)) as up:
                await _measure(names, up.profile, results)


async def _measure(names: list[str], profile: Profile, results: Path) -> None:
    for name in names:
        about = machine()
        _keep(replace(await ON_A_FEDERATION[name](profile), machine=about), results)


def _keep(figure: Figure, results: Path) -> None:
    figure.write(results)
    found = {path.stem: read(path) for path in results.glob("*.json")}
    ordered = [found[name] for name in (*ALONE, *ON_A_FEDERATION) if name in found]
    results.with_suffix(".md").write_text(page(ordered))
    print(page([figure]).partition("\n\n## ")[2])


if __name__ == "__main__":
    main()
