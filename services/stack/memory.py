"""How much memory a stack takes: the sum of the proportional set sizes (PSS) of its processes."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import psutil


def pss_bytes(roots: Iterable[int]) -> int:
    """PSS of these processes and all that they started, from /proc/*/smaps_rollup. Those that end meanwhile count 0."""
    pids: set[int] = set()
    for root in roots:
        try:
            process = psutil.Process(root)
            pids |= {process.pid, *(child.pid for child in process.children(recursive=True))}
        except psutil.NoSuchProcess:
            continue
    return sum(_pss(pid) for pid in pids)


@dataclass
class MemorySampler:
    """Remembers the peak of what it sampled."""

    roots: Callable[[], Iterable[int]]
    every_seconds: float = 0.5
    peak_bytes: int = 0

    async def run(self) -> None:
        """Sample until cancelled."""
        while True:
            # In a thread: the kernel walks every page table to answer.
            self.peak_bytes = max(self.peak_bytes, await asyncio.to_thread(pss_bytes, list(self.roots())))
            await asyncio.sleep(self.every_seconds)


def _pss(pid: int) -> int:
    try:
        with open(f"/proc/{pid}/smaps_rollup") as file:
            for line in file:
                if line.startswith("Pss:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        return 0
    return 0
