import sys

import pytest

from stack.commands import command_step, run_command
from stack.errors import ProcessFailedError


async def test_a_command_that_fails_is_named_with_its_last_words() -> None:
    with pytest.raises(ProcessFailedError, match=r"(?s)Making the keys failed\. .*no room"):
        await run_command("Making the keys", sys.executable, "-c", "raise SystemExit('no room')")


async def test_a_step_passes_its_environment_on() -> None:
    check = "import os; raise SystemExit(os.environ['ONCORDIA_X'] != '1')"
    await command_step("Checking", sys.executable, "-c", check, env={"ONCORDIA_X": "1"})()
