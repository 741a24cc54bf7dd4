"""Indexing the real index over the demo's eight nodes, as the demo does it, and the memory of each node meanwhile."""

import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from stack.demo.deal import deal, package
from stack.demo.nodes import INDEXING_AT_A_TIME, NodeFolder
from stack.demo.providers import load_providers
from tests.bench.figure import Figure, Row
from tests.bench.memory import peak_rss_mb

SERIES = 1_044_191


def measure() -> Figure:
    """One run over fresh folders; dealing the package out is not part of it."""
    with tempfile.TemporaryDirectory(prefix="oncordia-bench-") as home:
        tables = package()
        folders = {p.code: NodeFolder(p, Path(home) / p.code) for p in load_providers()}
        for folder in folders.values():
            folder.write_settings(tables)
        dealt = deal(tables, tuple(f.provider for f in folders.values()), lambda code: folders[code].source)
        if sum(figures.series for figures in dealt.values()) != SERIES:
            raise RuntimeError(f"the package does not hold {SERIES:,} series")
        largest_first = sorted(folders.values(), key=lambda f: f.source.stat().st_size, reverse=True)
        began = time.perf_counter()
        with ThreadPoolExecutor(min(INDEXING_AT_A_TIME, os.cpu_count() or 1)) as pool:
            peaks = list(pool.map(_index, largest_first))
        took = time.perf_counter() - began
    return Figure(
        "indexing",
        f"Indexing {SERIES:,} series over eight nodes",
        f"`oncordia-node ingest` of every node, {INDEXING_AT_A_TIME} at a time, the largest first.",
        (
            Row("all nodes together", took, "s", at_most=30),
            Row("series a second", SERIES / took, "1/s"),
            Row("peak memory of the largest node, RSS", max(peaks), "MB", at_most=400),
        ),
        {f.provider.code: peak for f, peak in zip(largest_first, peaks, strict=True)},
        parts_unit="MB at most",
    )


def _index(folder: NodeFolder) -> float:
    """Indexes; returns the process's peak RSS in MB."""
    environment = {**os.environ, **folder.environment}
    with subprocess.Popen([sys.executable, "-m", "node", "ingest"], stdout=subprocess.DEVNULL, env=environment) as node:
        peak = 0.0
        while node.poll() is None:
            peak = max(peak, peak_rss_mb(node.pid))
            time.sleep(0.02)
    if node.returncode != 0:
        raise RuntimeError(f"{folder.provider.code} could not be indexed")
    return peak
