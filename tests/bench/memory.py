"""The memory of one process, as the kernel counts it, in MB of 10^6 bytes. 0 for a process that is gone."""

from pathlib import Path


def rss_mb(pid: int) -> float:
    """Resident now."""
    return _field(pid, "VmRSS:")


def peak_rss_mb(pid: int) -> float:
    """The most that it had resident since it began to run its program."""
    return _field(pid, "VmHWM:")


def _field(pid: int, name: str) -> float:
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith(name):
                return int(line.split()[1]) * 1024 / 1e6
    except OSError:
        return 0.0
    return 0.0
