"""Commands that run once and end: formatting a disk, making keys, applying topics."""

import asyncio
import os
import signal
from collections.abc import Mapping

from stack.errors import ProcessFailedError
from stack.process import Step, tethered

_LAST_CHARACTERS = 1_500


async def run_command(what: str, *argv: str, env: Mapping[str, str] | None = None, account: str | None = None) -> None:
    """Run a command to its end. Raises ProcessFailedError: `what` failed, with the command's last words.

    `env` is added to the stack's own environment; `account` is whom to run as, which only root can ask for.
    """
    command = await asyncio.create_subprocess_exec(
        *tethered(argv, signal.SIGKILL, account),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={**os.environ, **(env or {})},
    )
    try:
        output, _ = await command.communicate()
    except asyncio.CancelledError:
        if command.returncode is None:
            command.kill()
            await command.wait()
        raise
    if command.returncode != 0:
        last_words = output.decode(errors="replace").strip()[-_LAST_CHARACTERS:]
        raise ProcessFailedError(f"{what} failed. Its last words:\n{last_words or '(none)'}")


def command_step(what: str, *argv: str, env: Mapping[str, str] | None = None) -> Step:
    """The command as a step of a process: its `before` or `once_ready`."""

    async def step() -> None:
        await run_command(what, *argv, env=env)

    return step
