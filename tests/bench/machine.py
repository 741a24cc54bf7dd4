"""What the figures were measured on."""

import os
import platform
from datetime import UTC, datetime
from pathlib import Path

import psutil


def machine() -> dict[str, str]:
    """Processor, memory, kernel, Python, the moment, and how busy the machine was when the measurement began."""
    load = os.getloadavg()
    return {
        "processor": f"{len(os.sched_getaffinity(0))} x {_processor()}",
        "memory": f"{psutil.virtual_memory().total / 2**30:.0f} GiB",
        "kernel": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "measured": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "load average before": f"{load[0]:.1f} {load[1]:.1f} {load[2]:.1f}",
    }


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
