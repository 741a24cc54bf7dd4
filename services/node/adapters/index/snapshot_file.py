"""What a snapshot says of itself, as JSON beside the index."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from kit.durable import replace_file
from node.domain.epoch import Epoch, EpochId, VariableCoverage
from node.domain.errors import SnapshotError
from node.domain.snapshot import Lint

_LINT = TypeAdapter(Lint)
_COVERAGE = TypeAdapter(dict[str, VariableCoverage])


def write_snapshot_file(path: Path, epoch: Epoch, lint: Lint) -> None:
    """Raises OSError."""
    content = {
        "epoch": epoch.id,
        "opened_at": epoch.opened_at.isoformat(),
        "coverage": {variable: asdict(coverage) for variable, coverage in epoch.coverage.items()},
        "lint": asdict(lint),
    }
    replace_file(path, json.dumps(content, ensure_ascii=False, indent=1).encode())


def read_snapshot_file(path: Path) -> tuple[Epoch, Lint]:
    """Raises SnapshotError."""
    try:
        content = json.loads(path.read_bytes())
        epoch = Epoch(
            EpochId(content["epoch"]),
            datetime.fromisoformat(content["opened_at"]),
            _COVERAGE.validate_python(content["coverage"]),
        )
        return epoch, _LINT.validate_python(content["lint"])
    except (OSError, ValueError, KeyError, TypeError, ValidationError) as error:
        raise SnapshotError(
            f"{path} can't be read ({type(error).__name__}); restore it, or remove `current` and ingest again"
        ) from error
