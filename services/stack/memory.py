"""How much memory a stack takes: the sum of the proportional set sizes (PSS) of its processes."""

import asyncio
import os

import psutil

SAMPLE_SECONDS = 0.5


def pss_bytes(root: int) -> int:
    """PSS of a process and all that it started, from /proc/*/smaps_rollup. Those that end meanwhile count 0."""
    try:
        pids = [root, *(child.pid for child in psutil.Process(root).children(recursive=True))]
    except psutil.NoSuchProcess:
        return 0
    return sum(_pss(pid) for pid in pids)


class MemorySampler:
    """Remembers the peak of this process and all below it. Not for free: the kernel walks every page table, and stops
    the process that it looks at meanwhile."""

    def __init__(self) -> None:
        self.peak_bytes = 0

    async def run(self) -> None:
        """Sample until cancelled."""
        while True:
            self.peak_bytes = max(self.peak_bytes, await asyncio.to_thread(pss_bytes, os.getpid()))
            await asyncio.sleep(SAMPLE_SECONDS)


def _pss(pid: int) -> int:
    try:
        with open(f"/proc/{pid}/smaps_rollup") as file:
            for line in file:
                if line.startswith("Pss:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        return 0
    return 0
