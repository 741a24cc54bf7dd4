"""The witness policy, a file after c2sp.org/tlog-policy."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from kit.errors import FailedPrecondition
from tlog.errors import FormatError
from tlog.keys import VerifierKey
from tlog.policy import Policy


def read_policy(path: Path, log: VerifierKey) -> Policy:
    """Raises FailedPrecondition naming the file, its line, and what would be right."""
    try:
        policy = Policy.parse(path.read_bytes())
    except OSError as error:
        raise _unusable(f"{path}: {error.strerror}") from None
    except FormatError as error:
        raise _unusable(f"{path}: {error}") from None
    if not policy.is_about(log):
        raise _unusable(f"{path} lists logs, and this one is not among them; add: log {log}")
    for witness in policy.witnesses:
        if urlsplit(witness.url).scheme not in ("http", "https"):
            raise _unusable(
                f"{path}: witness {witness.name} has no URL that begins with https:// (or http://) behind its key; "
                "the log must know where to ask it"
            )
    return policy


def _unusable(what: str) -> FailedPrecondition:
    return FailedPrecondition("WITNESS_POLICY_UNUSABLE", f"ONCORDIA_WITNESS_POLICY: {what}")
