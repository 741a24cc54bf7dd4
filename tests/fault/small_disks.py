"""Runs a program that sees small disks: `python small_disks.py FOLDER=MEGABYTES ... -- PROGRAM ARGUMENTS`.

Each folder becomes a file system in memory, of that size, in a mount namespace that ends with the program. Whoever is
not root gets the right to mount by a user namespace, where the kernel gives those. Exit code 77: it does not.
"""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path

NOT_ALLOWED = 77

_CLONE_NEWNS = 0x00020000
_CLONE_NEWUSER = 0x10000000
_MS_REC_PRIVATE = 0x4000 | 0x40000

_libc = ctypes.CDLL(None, use_errno=True)


def main(arguments: list[str]) -> None:
    """Replaces this process by the program."""
    split = arguments.index("--")
    try:
        _enter_namespaces()
        for folder, _, megabytes in (argument.rpartition("=") for argument in arguments[:split]):
            _check(_libc.mount(b"tmpfs", folder.encode(), b"tmpfs", 0, f"size={megabytes}m,mode=755".encode()))
    except OSError as error:
        sys.stderr.write(f"no small disks here: {error}\n")
        sys.exit(NOT_ALLOWED)
    program = arguments[split + 1 :]
    os.execvp(program[0], program)  # noqa: S606 - that is its purpose


def _enter_namespaces() -> None:
    user, group = os.geteuid(), os.getegid()
    if user == 0:
        _check(_libc.unshare(_CLONE_NEWNS))
    else:
        _check(_libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNS))
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
    _check(_libc.mount(None, b"/", None, _MS_REC_PRIVATE, None))


def _check(result: int) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


if __name__ == "__main__":
    main(sys.argv[1:])
