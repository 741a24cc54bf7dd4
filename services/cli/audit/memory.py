"""What earlier verifications of a log saw, in a file: so that a later one goes on from there and notices a rollback."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path

from cli.errors import UserError
from kit.durable import replace_file
from tlog.errors import TlogError
from tlog.keys import VerifierKey
from tlog.note import Note
from tlog.numbers import Numbers, Run
from tlog.text import decode_base64, encode_base64
from tlog.tree import Frontier
from tlog.walk import Walked


@dataclass(frozen=True, slots=True)
class Verified:
    """The newest checkpoint that was verified to its last entry, if any, and how far the entries were walked."""

    checkpoint: Note | None = None
    walked: Walked = field(default_factory=Walked)


def state_file(log: VerifierKey) -> Path:
    """The person's own file for this log."""
    state = Path(os.environ.get("XDG_STATE_HOME", Path.home() / ".local" / "state"))
    return state / "oncordia" / f"verified-{log.key_id.hex()}.json"


def load(path: Path, log: VerifierKey) -> Verified:
    """What is remembered of this log; nothing if there is no file. Raises UserError for a file that is not its own."""
    try:
        content = json.loads(path.read_text())
        if content["log"] != str(log):
            raise UserError(f"{path} remembers another log; give a --state file of its own to each")
        return Verified(
            checkpoint=Note.parse(content["checkpoint"].encode()) if content["checkpoint"] else None,
            walked=Walked(
                Frontier.from_bytes(decode_base64(content["frontier"], "frontier")),
                _numbers(content["numbers"]),
                _numbers(content["repeats"]),
            ),
        )
    except FileNotFoundError:
        return Verified()
    except (OSError, ValueError, KeyError, TypeError, AttributeError, TlogError) as error:
        raise UserError(
            f"{path} can't be read: {error}. It remembers which checkpoints of the log you have seen; restore it, "
            "or move it away to begin anew"
        ) from None


def save(path: Path, log: VerifierKey, verified: Verified) -> None:
    """Replaces the file whole. Raises UserError."""
    content = {
        "log": str(log),
        "checkpoint": verified.checkpoint.encode().decode() if verified.checkpoint else "",
        "frontier": encode_base64(verified.walked.frontier.to_bytes()),
        "numbers": _runs(verified.walked.numbers),
        "repeats": _runs(verified.walked.repeats),
    }
    try:
        replace_file(path, json.dumps(content).encode())
    except OSError as error:
        raise UserError(f"{path} can't be written: {error.strerror}; give --state another file") from None


def _numbers(content: dict[str, list[list[int]]]) -> dict[str, Numbers]:
    return {producer: Numbers(tuple(Run(start, end) for start, end in runs)) for producer, runs in content.items()}


def _runs(numbers: dict[str, Numbers]) -> dict[str, list[tuple[int, int]]]:
    return {producer: [(run.start, run.end) for run in seen.runs] for producer, seen in numbers.items()}
