"""A thousand changed bytes, and a report: `python -m tests.integration.foreign.campaign --cases 1000 --seed 1`."""

from __future__ import annotations

import argparse
import asyncio
import platform
import random
import sys
import tempfile
from collections import Counter
from datetime import UTC, datetime
from itertools import cycle, islice
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from kit.events.kafka import apply_topics
from kit.events.topics import ALL
from kit.settings import KafkaSettings
from tests.integration.audit_log.world import AuditLog
from tests.integration.foreign.kinds import KINDS
from tests.integration.foreign.mutations import Outcome, Trial, tried
from tests.integration.foreign.reader import Reader, reader_of
from tests.integration.foreign.standing_log import standing_log
from tests.real import running_kafka, running_postgres
from tests.world import issuing

REPORT = Path("docs/reports/mutations.md")


async def a_reader(home: Path, seed: int) -> Reader:
    """What is to be read of a log of its own, which is gone when this returns."""
    with running_kafka() as kafka, running_postgres() as postgres, issuing(home) as issuer:
        await apply_topics(KafkaSettings(bootstrap=kafka.bootstrap), ALL)
        log = AuditLog(home / "log", kafka.bootstrap, postgres.fresh("audit_log"), issuer)
        try:
            return reader_of(await standing_log(log, issuer, seed))
        finally:
            log.stop()


def run(reader: Reader, cases: int, seed: int, console: Console) -> list[Trial]:
    """Trials of each kind in turn."""
    chance = random.Random(seed)
    columns = (TextColumn("changed bytes"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        turns = progress.track(list(islice(cycle(KINDS), cases)))
        return [tried(kind, KINDS[kind](reader, chance), chance) for kind in turns]


def report(trials: list[Trial], size: int, command: str) -> str:
    """The trials as a page."""
    counted = Counter((trial.kind, trial.outcome) for trial in trials)
    rows = [
        f"| {kind} | {sum(counted[kind, outcome] for outcome in Outcome)} |"
        + "".join(f" {counted[kind, outcome]} |" for outcome in Outcome)
        for kind in KINDS
    ]
    missed = [trial for trial in trials if trial.outcome is Outcome.MISSED]
    made = f"Written by `{command}` on {datetime.now(UTC):%Y-%m-%d}, Python {platform.python_version()}"
    lines = [
        "# Changed bytes of the audit log",
        "",
        f"{made}: {len(trials):,} cases, {len(missed)} missed, on a log of",
        f"{size:,} entries that was killed (kill -9) once for each 5,000. The seed decides",
        "what is drawn; keys, salts and entries are new at each run.",
        "",
        "One byte of what a reader gets becomes another, drawn at random. A byte of a tile, a bundle or the checkpoint",
        "is judged by verification of the whole log, that of an older size as of then, and all else by the single",
        "verification that it is for. *Refused as malformed*: FormatError. *Refused as proving nothing*:",
        "VerificationError. *Ignored by rule*: the signature line of a key that the reader does not know may change,",
        "and the note proves the very same. *Missed*: all else.",
        "",
        "| what was changed | cases | " + " | ".join(Outcome) + " |",
        "|---|---|" + "---|" * len(Outcome),
        *rows,
        "",
    ]
    if missed:
        lines += ["## What was missed", "", "| kind | where | byte | xor |", "|---|---|---|---|"]
        lines += [f"| {trial.kind} | {trial.target} | {trial.offset} | {trial.flip:#04x} |" for trial in missed]
        lines.append("")
    return "\n".join(lines)


def main() -> None:
    """Exit code 1 if something was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--report", type=Path, default=REPORT)
    arguments = parser.parse_args()
    console = Console()
    with tempfile.TemporaryDirectory(prefix="oncordia-mutations-") as home, console.status("filling a log"):
        reader = asyncio.run(a_reader(Path(home), arguments.seed))
    trials = run(reader, arguments.cases, arguments.seed, console)
    command = f"make campaign CASES={arguments.cases} SEED={arguments.seed}"
    arguments.report.parent.mkdir(parents=True, exist_ok=True)
    arguments.report.write_text(report(trials, reader.published.size, command))
    sys.exit(any(trial.outcome is Outcome.MISSED for trial in trials))


if __name__ == "__main__":
    main()
