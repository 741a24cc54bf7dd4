"""How the state of the processes is shown, live and from `status`."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass

from rich.table import Table

from stack.process import ProcessName
from stack.supervisor import ProcessState, Supervised

_COLOURS = {
    ProcessState.WAITING: "dim",
    ProcessState.STARTING: "yellow",
    ProcessState.READY: "green",
    ProcessState.RESTARTING: "red",
    ProcessState.STOPPING: "yellow",
    ProcessState.STOPPED: "dim",
    ProcessState.FAILED: "bold red",
}


@dataclass(frozen=True)
class ProcessLine:
    """What is told of one process."""

    name: str
    state: str
    address: str
    pid: int | None
    restarts: int
    ready_after_seconds: float | None
    problem: str


def lines(processes: Mapping[ProcessName, Supervised]) -> list[ProcessLine]:
    """A line for each process, in the order of the stack."""
    return [
        ProcessLine(
            name=name,
            state=process.state.value,
            address=process.spec.address,
            pid=process.pid,
            restarts=process.restarts,
            ready_after_seconds=process.ready_after_seconds,
            problem=process.problem,
        )
        for name, process in processes.items()
    ]


def as_json(processes: Mapping[ProcessName, Supervised]) -> dict[str, object]:
    """The lines as they are kept for `status`."""
    return {"processes": [asdict(line) for line in lines(processes)]}


def table(shown: Iterable[ProcessLine]) -> Table:
    """The lines as a table."""
    made = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("process", "state", "address", "pid", "ready after", "restarts", ""):
        made.add_column(column, justify="right" if column in ("pid", "ready after", "restarts") else "left")
    for line in shown:
        seconds = line.ready_after_seconds
        made.add_row(
            line.name,
            f"[{_COLOURS[ProcessState(line.state)]}]{line.state}[/]",
            line.address,
            str(line.pid or ""),
            f"{seconds:.1f} s" if seconds is not None else "",
            str(line.restarts or ""),
            line.problem,
        )
    return made
