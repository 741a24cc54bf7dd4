"""A witness that kills itself at the worst moments: `dying.py MOMENT run ...` is `python -m witness run ...`.

`unsaid`: it has saved the new checkpoint, and the cosignature does not leave. `unsaved`: the cosignature is made, and
the checkpoint is not saved.
"""

import os
import signal
import sys
from typing import NoReturn

from tlog.cosignature import cosign
from witness.adapters.state_file import StateFile
from witness.application import cosign as use_case
from witness.command import app

_replace = StateFile.replace


def _die(*_: object) -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


def _save_and_die(*arguments: object) -> NoReturn:
    _replace(*arguments)  # type: ignore[arg-type]  # those of the method
    _die()


def _cosign_and_die(*arguments: object) -> NoReturn:
    cosign(*arguments)  # type: ignore[arg-type]  # those of the function
    _die()


if __name__ == "__main__":
    match sys.argv.pop(1):
        case "unsaid":
            StateFile.replace = _save_and_die  # type: ignore[method-assign,assignment]
        case "unsaved":
            use_case.cosign = _cosign_and_die  # type: ignore[attr-defined,assignment]
        case moment:
            sys.exit(f"no such moment: {moment}")
    app()
