"""`python -m stack`: start, look at and end the embedded stack."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from cli.run import console
from stack.cache import cache_directory
from stack.demo.bring_up import federation
from stack.demo.story import tell
from stack.errors import StackError
from stack.home import Home
from stack.jars import KAFKA_LOCK, Jars, write_kafka_lock
from stack.memory import MemorySampler
from stack.ports import Ports
from stack.run import Plan, fetch_kafka, running, stop_when_told
from stack.table import ProcessLine, lines, table

_STOP_SECONDS = 90

app = typer.Typer(
    help="The embedded stack: Kafka, PostgreSQL, the hub and nodes on this machine.", no_args_is_help=True
)

HomeOption = Annotated[Path, typer.Option("--home", help="The directory of all data.", envvar="ONCORDIA_STACK_HOME")]
PortOption = Annotated[list[str] | None, typer.Option("--port", metavar="NAME=NUMBER", help="Fix a port.")]
_DEFAULT_HOME = Path(".run")
_DEMO_HOME = Path(".run/demo")


@app.command()
def up(
    home: HomeOption = _DEFAULT_HOME,
    port: PortOption = None,
    backing_only: Annotated[bool, typer.Option(help="Only Kafka and PostgreSQL.")] = False,
) -> None:
    """Start everything and keep it up until Ctrl-C, SIGTERM or `down`."""

    place = Home(home.resolve())
    with place.hold():
        ports = Ports(place.ports, _wanted(port))
        if backing_only:
            asyncio.run(_up_backing(Plan(place, ports, lambda _: ()), _jars()))
        else:
            asyncio.run(_up(place, ports, _jars()))


@app.command()
def down(home: HomeOption = _DEFAULT_HOME) -> None:
    """End the stack that runs in the home directory."""
    place = Home(home.resolve())
    pid = place.holder()
    if pid is None:
        console.print(f"No stack runs in {home}.")
        return
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + _STOP_SECONDS
    while place.holder() == pid:
        if time.monotonic() > deadline:
            raise StackError(f"Pid {pid} did not end within {_STOP_SECONDS} s. End it with `kill -9 {pid}`.")
        time.sleep(0.05)
    console.print("Stopped.")


@app.command()
def status(home: HomeOption = _DEFAULT_HOME) -> None:
    """Show the processes. Exit code 1 when no stack runs."""
    place = Home(home.resolve())
    if place.holder() is None or not place.status.exists():
        console.print(f"No stack runs in {home}. Start one with `make up`.")
        raise typer.Exit(1)
    shown = [ProcessLine(**line) for line in json.loads(place.status.read_text())["processes"]]
    console.print(table(shown))


@app.command()
def logs(
    name: Annotated[str, typer.Argument(help="A process, as `status` names it.")],
    home: HomeOption = _DEFAULT_HOME,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Wait for more.")] = False,
    count: Annotated[int, typer.Option("--lines", "-n", help="How many of the last lines.")] = 100,
) -> None:
    """Show the log of one process."""
    directory = Home(home.resolve()).logs
    known = sorted(path.stem for path in directory.glob("*.log"))
    if name not in known:
        raise StackError(f"There is no log of {name}. There are: {', '.join(known) or 'none yet; start the stack'}.")
    tail = ["tail", "-n", str(count), *(["-F"] if follow else []), str(directory / f"{name}.log")]
    raise typer.Exit(subprocess.run(tail, check=False).returncode)


@app.command()
def demo(home: HomeOption = _DEMO_HOME, port: PortOption = None) -> None:
    """Start everything, show it at work, and end it. Begins anew each time."""
    place = Home(home.resolve())
    with place.hold():
        place.empty()
        asyncio.run(_demo(place, Ports(place.ports, _wanted(port)), _jars()))


@app.command(hidden=True)
def lock_kafka(version: str) -> None:
    """Write kafka.lock.toml for another version of Kafka."""
    count = write_kafka_lock(version, KAFKA_LOCK, cache_directory())
    console.print(f"{KAFKA_LOCK.name}: Kafka {version}, {count} jars")


async def _demo(place: Home, ports: Ports, jars: Jars) -> None:
    began = time.monotonic()
    _stop_when_told()
    memory = MemorySampler()
    sampling = asyncio.create_task(memory.run())
    try:
        async with federation(place, ports, jars, console) as up:
            await tell(up, console)
            took, peak = time.monotonic() - began, memory.peak_bytes / 2**30
    except asyncio.CancelledError:
        console.print("Everything is stopped.")
        raise typer.Exit(130) from None
    finally:
        sampling.cancel()
    console.print(
        f"[bold green]The demo is over[/] after {took:.0f} s; all processes together took at most {peak:.1f} GiB. "
        f"Everything is stopped; logs and data are in {place.directory}.",
        highlight=False,
    )


async def _up(place: Home, ports: Ports, jars: Jars) -> None:
    _stop_when_told()
    try:
        async with federation(place, ports, jars, console):
            console.print(f"[bold]Up.[/] Data and logs are in {place.directory}. End with Ctrl-C or `make down`.")
            await asyncio.Event().wait()
    except asyncio.CancelledError:
        console.print("Everything is stopped.")


def _stop_when_told() -> None:
    task = asyncio.current_task()
    assert task is not None  # noqa: S101 - this is one
    stop_when_told(task)


async def _up_backing(plan: Plan, jars: Jars) -> None:
    _stop_when_told()
    try:
        with Live(console=console, refresh_per_second=8) as live:
            async with running(plan, jars, lambda processes: live.update(table(lines(processes)))):
                live.console.print(f"[bold]Up.[/] Data and logs are in {plan.home.directory}. End with Ctrl-C.")
                await asyncio.Event().wait()
    except asyncio.CancelledError:
        console.print("Everything is stopped.")


def _jars() -> Jars:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("Kafka's jars", total=None)
        return fetch_kafka(lambda done, total: progress.update(task, completed=done, total=total))


def _wanted(options: list[str] | None) -> dict[str, int]:
    wanted: dict[str, int] = {}
    for option in options or []:
        name, _, number = option.partition("=")
        if not number.isdecimal() or not 0 < int(number) < 65_536:
            raise StackError(f"--port {option}: expected NAME=NUMBER with a number from 1 to 65535.")
        wanted[name] = int(number)
    return wanted


def main() -> None:
    """Run a command; what stops it is told in one paragraph."""
    try:
        app()
    except (StackError, OSError) as error:
        # Plain, because the text may hold lines of a log, with brackets in them.
        Console(stderr=True).print(f"Stopped: {error}", style="red", highlight=False, markup=False, soft_wrap=True)
        sys.exit(1)


if __name__ == "__main__":
    os.environ.setdefault("PYTHONUNBUFFERED", "1")
    main()
