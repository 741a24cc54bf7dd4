"""Kills the process at a fault point, for tests."""

from __future__ import annotations

import os
import signal

from audit_log.application.faults import Fault, FaultPoint
from kit.errors import InvalidInput


def fault_of(setting: str | None) -> Fault:
    """`point` or `point:n` kills the process with SIGKILL when it comes there, or the nth time. None never does.

    Raises InvalidInput for an unknown point.
    """
    if setting is None:
        return lambda _point: None
    name, _, count = setting.partition(":")
    if name not in set(FaultPoint) or not (count or "1").isdecimal():
        raise InvalidInput.of("ONCORDIA_FAULT", f"must be one of {', '.join(FaultPoint)}, or with :n behind it")
    left = int(count or "1")

    def die(point: FaultPoint) -> None:
        nonlocal left
        if point == name:
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    return die
