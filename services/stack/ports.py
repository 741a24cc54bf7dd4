"""Free loopback ports, the same at every start where they can be."""

import json
import random
import socket
from dataclasses import dataclass, field
from pathlib import Path

from stack.errors import PortInUseError, StackError

LOOPBACK = "127.0.0.1"
_LOWEST = 10_000
_ATTEMPTS = 200
# Of this process, by whichever Ports: nothing may listen on a port yet that was handed out a moment ago.
_handed_out: set[int] = set()


def is_free(port: int) -> bool:
    """Whether nothing listens on the loopback port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def first_ephemeral_port() -> int:
    """The lowest port that the kernel hands to outgoing connections.

    Ports are chosen below it, so that no connection takes the port of a process while it restarts.
    """
    try:
        return int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    except OSError:
        return 32_768


@dataclass
class Ports:
    """Hands out one free port per name, and remembers it in `memory` for the next start."""

    memory: Path | None = None
    wanted: dict[str, int] = field(default_factory=dict)
    """Ports that the user asked for; they are never exchanged."""
    _given: dict[str, int] = field(default_factory=dict)
    _remembered: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.memory is not None and self.memory.exists():
            self._remembered = {str(k): int(v) for k, v in json.loads(self.memory.read_text()).items()}

    def port(self, name: str, *, fixed: bool = False) -> int:
        """The port of `name`. A `fixed` one is part of something lasting, so it is never exchanged for another.

        Raises PortInUseError when a fixed or wanted port is taken.
        """
        if name in self._given:
            return self._given[name]
        last = self.wanted.get(name) or self._remembered.get(name)
        if last is not None and is_free(last):
            return self._give(name, last)
        if last is not None and (fixed or name in self.wanted):
            raise PortInUseError(
                f"Port {last} of {name} is in use by another program. End that program (`ss -ltnp` names it) and "
                f"start again; to change the port for good, start with `--port {name}=NUMBER`."
            )
        return self._give(name, self._any())

    def address(self, name: str, *, fixed: bool = False) -> str:
        """`127.0.0.1:port` of `name`."""
        return f"{LOOPBACK}:{self.port(name, fixed=fixed)}"

    def _give(self, name: str, port: int) -> int:
        self._given[name] = port
        self._remembered[name] = port
        _handed_out.add(port)
        if self.memory is not None:
            self.memory.write_text(json.dumps(self._remembered, indent=2, sort_keys=True) + "\n")
        return port

    def _any(self) -> int:
        highest = max(first_ephemeral_port() - 1, _LOWEST + 1_000)
        taken = set(self._remembered.values()) | set(self._given.values())
        for _ in range(_ATTEMPTS):
            port = random.randint(_LOWEST, highest)  # noqa: S311 - nothing secret about a port
            if port not in taken | _handed_out and is_free(port):
                return port
        raise StackError(f"No free port between {_LOWEST} and {highest}. End some programs and start again.")
