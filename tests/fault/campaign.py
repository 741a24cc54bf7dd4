"""Faults drawn by seeds, one after another for a while, and a report: `python -m tests.fault.campaign --minutes 25`."""

from __future__ import annotations

import argparse
import asyncio
import itertools
import os
import platform
import random
import statistics
import sys
import tempfile
import time
import traceback
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psutil

from stack.kafka import KAFKA
from stack.postgres import POSTGRES
from tests.fault.killing import PROCESSES, kill_during_queries
from tests.fault.taking_away import How, take_away
from tests.fault.whole_stack import WholeStack, whole_stack

REPORT = Path("docs/reports/faults.md")


@dataclass(frozen=True)
class Trial:
    """`outcome`: empty when all held, else what did not. `seconds`: until the last query had ended."""

    fault: str
    seed: int
    seconds: float
    outcome: str


def plan(first_seed: int, away_seconds: float) -> Iterator[tuple[str, str, int]]:
    """Each round kills every process, in an order of its own, and freezes or ends one server for a while."""
    away = itertools.cycle((server, how) for how in How for server in (KAFKA, POSTGRES))
    for seed in itertools.count(first_seed):
        processes = list(PROCESSES)
        random.Random(seed).shuffle(processes)
        for process in processes:
            yield "kill -9", process, seed
        server, how = next(away)
        yield f"{how} for {away_seconds:.0f} s", server, seed


async def tried(stack: WholeStack, kind: str, process: str, seed: int, away_seconds: float) -> Trial:
    """One fault, whatever comes of it."""
    fault = f"{process}: {kind}"
    began = time.monotonic()
    try:
        if kind == "kill -9":
            seconds = (await kill_during_queries(stack, process, seed)).seconds
        else:
            seconds = (await take_away(stack, process, How(kind.partition(" ")[0]), away_seconds, seed)).seconds
    except Exception as error:
        traceback.print_exc()
        return Trial(fault, seed, time.monotonic() - began, f"{type(error).__name__}: {error}"[:200] or "failed")
    return Trial(fault, seed, seconds, "")


async def run(minutes: float, first_seed: int, away_seconds: float) -> list[Trial]:
    """Trials until the time is up."""
    trials: list[Trial] = []
    until = time.monotonic() + minutes * 60
    with (
        tempfile.TemporaryDirectory(prefix="oncordia-campaign-", ignore_cleanup_errors=True) as name,
        whole_stack(Path(name)) as stack,
    ):
        for kind, process, seed in plan(first_seed, away_seconds):
            if time.monotonic() > until:
                break
            trial = await tried(stack, kind, process, seed, away_seconds)
            trials.append(trial)
            sys.stdout.write(f"{trial.fault:<40} seed {seed:<8} {trial.seconds:6.1f} s  {trial.outcome or 'held'}\n")
            sys.stdout.flush()
    return trials


def report(trials: list[Trial], command: str, took: float) -> str:
    """The trials as a page."""
    machine = f"{os.cpu_count()} processors, {psutil.virtual_memory().total / 2**30:.0f} GiB of memory"
    failed = [trial for trial in trials if trial.outcome]
    by_fault = defaultdict(list)
    for trial in trials:
        by_fault[trial.fault].append(trial)
    seeds = sorted({trial.seed for trial in trials})
    rows = [
        f"| {fault} | {len(of)} | {sum(not trial.outcome for trial in of)} |"
        f" {statistics.median(t.seconds for t in of):.1f} | {max(t.seconds for t in of):.1f} |"
        for fault, of in sorted(by_fault.items())
    ]
    lines = [
        "# Faults of the whole stack",
        "",
        f"Written by `{command}` on {datetime.now(UTC):%Y-%m-%d}: {len(trials)} faults in {took / 60:.0f} minutes,"
        f" seeds {seeds[0]} to {seeds[-1]}, {len(trials) - len(failed)} held. Machine: {machine}, Linux"
        f" {platform.release().partition('-')[0]}, Python {platform.python_version()}; not alone on it.",
        "",
        "The embedded stack with three nodes and real metadata; six questions are on their way at each kill,",
        "five around each time that a server is away. *Held*: every answer came once, was stored, numbered and audited",
        "once and charged once at its node, nothing was put aside, and no other process ended. Seconds: from the kill,",
        "or from the server's return, to the end of the last query.",
        "",
        "| fault | tried | held | median s | longest s |",
        "|---|---|---|---|---|",
        *rows,
        "",
    ]
    if failed:
        lines += ["## What did not hold", "", "| fault | seed | what |", "|---|---|---|"]
        lines += [f"| {t.fault} | {t.seed} | {' '.join(t.outcome.split()).replace('|', '/')} |" for t in failed]
        lines.append("")
    return "\n".join(lines)


def main() -> None:
    """Exit code 1 if something did not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=25)
    parser.add_argument("--seed", type=int, default=1, help="the first")
    parser.add_argument("--away-seconds", type=float, default=60)
    parser.add_argument("--report", type=Path, default=REPORT)
    arguments = parser.parse_args()
    began = time.monotonic()
    trials = asyncio.run(run(arguments.minutes, arguments.seed, arguments.away_seconds))
    command = f"make campaign MINUTES={arguments.minutes:g} SEED={arguments.seed}"
    arguments.report.parent.mkdir(parents=True, exist_ok=True)
    arguments.report.write_text(report(trials, command, time.monotonic() - began))
    sys.exit(any(trial.outcome for trial in trials))


if __name__ == "__main__":
    main()
