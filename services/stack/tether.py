"""Start a program that cannot outlive the stack: `python -I -S tether.py PARENT SIGNAL USER NICE -- PROGRAM ...`.

A file of its own, run without site packages, because it stands in front of every process and must cost nothing.
PARENT is the pid that must still be the parent; SIGNAL is what the kernel sends when it dies; USER is an account
name to change to, or `-` to stay; NICE is how far the program gives way to others. The program keeps the pid.
"""

import ctypes
import os
import pwd
import sys

PR_SET_PDEATHSIG = 1
PR_SET_KEEPCAPS = 8
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_RAISE = 2
CAP_DAC_OVERRIDE = 1
LINUX_CAPABILITY_VERSION_3 = 0x20080522

_libc = ctypes.CDLL(None, use_errno=True)


def become(account: str) -> None:
    """Change to an account without rights, keeping the one to pass directories that are closed to it.

    PostgreSQL refuses to run as root, and its files may lie below a directory such as /root that only root enters.
    """
    entry = pwd.getpwnam(account)
    _libc.prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0)
    os.setgroups([])
    os.setgid(entry.pw_gid)
    os.setuid(entry.pw_uid)
    mask = 1 << CAP_DAC_OVERRIDE
    header = (ctypes.c_uint32 * 2)(LINUX_CAPABILITY_VERSION_3, 0)
    data = (ctypes.c_uint32 * 6)(mask, mask, mask, 0, 0, 0)
    # Where the container took the capability away, the program runs without it and says itself what it can't read.
    if _libc.capset(header, data) == 0:
        _libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_OVERRIDE, 0, 0)


def give_way(nice: int) -> None:
    """Lower the priority. Where the kernel weighs sessions before processes, that of the session too."""
    if nice:
        os.nice(nice)
        try:
            with open("/proc/self/autogroup", "w") as session:
                session.write(str(nice))
        except OSError:
            pass  # the kernel has no such thing


def main(arguments: list[str]) -> None:
    """Bind this process to its parent, then become the program."""
    parent, signal, account, nice, separator, *program = arguments
    assert separator == "--"  # noqa: S101 - only the supervisor writes this command line
    give_way(int(nice))
    if account != "-":
        become(account)
    # After the change of account, which would clear it.
    _libc.prctl(PR_SET_PDEATHSIG, int(signal), 0, 0, 0)
    if os.getppid() != int(parent):
        sys.exit(1)  # the parent died before it could be bound to
    os.execvp(program[0], program)  # noqa: S606 - that is its purpose


if __name__ == "__main__":
    main(sys.argv[1:])
