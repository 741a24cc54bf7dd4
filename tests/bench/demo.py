"""`make demo` with downloads done: how long it takes, step by step, and how much memory all its processes take."""

import re
import subprocess
import sys
import tempfile
import time

from stack.run import fetch_kafka
from tests.bench.figure import Figure, Row

_STEP = re.compile(r"^(\d)\. (\w+.*?) ─")
_END = re.compile(r"The demo is over after \d+ s; all processes together took at most ([\d.]+) GiB")


def measure() -> Figure:
    """One run of the command."""
    fetch_kafka()
    with tempfile.TemporaryDirectory(prefix="oncordia-bench-") as home:
        command = [sys.executable, "-u", "-m", "stack", "demo", "--home", home]
        began = time.monotonic()
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as demo:
            moments, shown = {"1. everything up": began}, ""
            for line in demo.stdout or ():
                shown += line
                if step := _STEP.match(line):
                    moments[f"{step[1]}. {step[2]}"] = time.monotonic()
            moments["the end of all processes"] = moments.pop(next(reversed(moments)))
        ended = time.monotonic()
    peak = _END.search(" ".join(shown.split()))
    if demo.returncode != 0 or peak is None:
        raise RuntimeError(f"the demo failed:\n{shown[-2000:]}")
    ends = [*list(moments.values())[1:], ended]
    return Figure(
        "demo",
        "The demo, with downloads done",
        "One run of the command, to the end of its last process; memory as it samples the sum of PSS twice a second.",
        (
            Row("to the end", ended - began, "s", at_most=60),
            Row("peak memory, sum of PSS", float(peak[1]) * 2**30 / 1e9, "GB", at_most=3),
        ),
        {what: end - begin for (what, begin), end in zip(moments.items(), ends, strict=True)},
        parts_unit="s",
    )
